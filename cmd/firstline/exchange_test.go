package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/node/nodetest"
	"firstline/telephony/asterisk/sipp"
)

// exchange is an Asterisk without Firstline, as a site has before it comes: a dialplan and a queue of its own, whose calls are kept in
// queue_log, channel events (CEL) and call detail records (CDR).
type exchange struct {
	t      *testing.T
	cfg    node.Config
	folder string // of its logs
	ports  ports  // SIPp is of the first of its phones: 101 to 104, two lines to call by, and whom the trunk leads to
}

const (
	linesOut  = 4 // behind the phones: callers from outside
	linesOwn  = 5 // calls that 101 makes
	trunkSide = 6 // who is called outside
)

// exchangeDialplan has a call of each kind: straight to a phone, to two at once, by a Local channel, to a menu, to one behind a
// menu who doesn't answer, to a queue, to nobody, outside. Transfers are made by keys.
const exchangeDialplan = `
[firstline](+)
exten => _10[1-3],1,Dial(PJSIP/${EXTEN},10,tT)
 same => n,Hangup()
exten => 104,1,Dial(PJSIP/104,2)
 same => n,Hangup()
exten => 110,1,Dial(PJSIP/101&PJSIP/102,10)
 same => n,Hangup()
exten => 120,1,Dial(Local/102@firstline/n,10)
 same => n,Hangup()
exten => 130,1,Answer()
 same => n,Playback(vm-goodbye)
 same => n,Hangup()
exten => 140,1,Answer()
 same => n,Dial(PJSIP/104,2)
 same => n,Playback(vm-goodbye)
 same => n,Hangup()
exten => 150,1,Queue(old,,,,10)
 same => n,Hangup()
exten => 160,1,Hangup(1)
exten => _0X.,1,Dial(PJSIP/${EXTEN}@trunk,10,tT)
 same => n,Hangup()
`

// exchangeEvents is the example in Asterisk's own cel_custom.conf.
const exchangeEvents = `
[mappings]
Master.csv => ${CSV_QUOTE(${eventtype})},${CSV_QUOTE(${eventtime})},${CSV_QUOTE(${CALLERID(name)})},${CSV_QUOTE(${CALLERID(num)})},${CSV_QUOTE(${CALLERID(ANI)})},${CSV_QUOTE(${CALLERID(RDNIS)})},${CSV_QUOTE(${CALLERID(DNID)})},${CSV_QUOTE(${CHANNEL(exten)})},${CSV_QUOTE(${CHANNEL(context)})},${CSV_QUOTE(${CHANNEL(channame)})},${CSV_QUOTE(${CHANNEL(appname)})},${CSV_QUOTE(${CHANNEL(appdata)})},${CSV_QUOTE(${CHANNEL(amaflags)})},${CSV_QUOTE(${CHANNEL(accountcode)})},${CSV_QUOTE(${CHANNEL(uniqueid)})},${CSV_QUOTE(${CHANNEL(linkedid)})},${CSV_QUOTE(${BRIDGEPEER})},${CSV_QUOTE(${CHANNEL(userfield)})},${CSV_QUOTE(${userdeftype})},${CSV_QUOTE(${eventextra})}
`

// startExchange runs it until the test ends.
func startExchange(t *testing.T) *exchange {
	t.Helper()
	x := &exchange{t: t, cfg: nodetest.Config(t), ports: freePorts(t)}
	x.cfg.SIPPort, x.cfg.RTPStart, x.cfg.RTPEnd = x.ports.SIP, x.ports.RTP, x.ports.RTP+rtpPorts-1
	parts.Need(t, func() (string, error) { return parts.Program("sipp") })
	for i := range 4 {
		user := fmt.Sprint(101 + i)
		x.cfg.Agents = append(x.cfg.Agents, node.Agent{ID: user, Endpoint: "PJSIP/" + user, Contact: fmt.Sprintf("sip:%s@127.0.0.1:%d", user, x.ports.SIPp+i), Secret: phoneSecret})
	}
	x.cfg.TrunkTo = fmt.Sprintf("sip:127.0.0.1:%d", x.ports.SIPp+trunkSide)
	x.cfg.Extra = map[string]string{
		"extensions.conf": exchangeDialplan, "cel_custom.conf": exchangeEvents, "queues.conf": "\n[old]\nmember => PJSIP/101\n",
		"cel.conf":      "enable = yes\nevents = ALL\n",
		"cdr.conf":      "enable = yes\n[csv]\nusegmtime = yes\nloguniqueid = yes\nnewcdrcolumns = yes\n",
		"features.conf": "blindxfer => #1\natxfer => *2\n",
		"modules.conf":  "load = bridge_builtin_features.so\nload = res_cdrel_custom.so\nload = cel_custom.so\nload = cdr_csv.so\n",
	}
	x.folder = filepath.Join(nodetest.Start(t, x.cfg).Folder(), "log")
	for _, sub := range []string{"cel-custom", "cdr-csv"} { // Asterisk does not make them
		path := filepath.Join(x.folder, sub)
		if err := errors.Join(os.Mkdir(path, 0o755), os.Chmod(path, 0o777)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if text, err := os.ReadFile(filepath.Join(x.folder, "cel-custom/Master.csv")); err == nil && t.Failed() {
			t.Logf("channel events of the exchange:\n%s", text)
		}
	})
	return x
}

func (x *exchange) phone(n int) sipp.Phone {
	return sipp.Phone{Remote: fmt.Sprintf("127.0.0.1:%d", x.cfg.SIPPort), Port: x.ports.SIPp + n, MediaPort: x.ports.Media + n*phoneMedia, Speech: time.Minute}
}

// calls makes calls from outside and by 101, while the phones do what they are told, and returns when all are over and written down.
func (x *exchange) calls(acts []sipp.Act, out, own []sipp.Call) map[string]sipp.Result {
	x.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var phones sync.WaitGroup
	for i, act := range acts {
		n, name := i, fmt.Sprint(101+i)
		if i == len(acts)-1 {
			n, name = trunkSide, "outside"
		}
		a := sipp.Agent{Phone: x.phone(n), Name: name, User: name, Acts: []sipp.Act{act}}
		phones.Go(func() {
			if _, err := a.Run(ctx); err != nil && ctx.Err() == nil {
				x.t.Errorf("phone %s: %v", name, err)
			}
		})
	}
	seen := make([][]sipp.Result, 2)
	var callers sync.WaitGroup
	for i, c := range []sipp.Callers{{Phone: x.phone(linesOut), Calls: out}, {Phone: x.phone(linesOwn), User: "101", Secret: phoneSecret, Calls: own}} {
		callers.Go(func() {
			var err error
			if seen[i], err = c.Run(ctx); err != nil {
				x.t.Errorf("calls: %v", err)
			}
		})
	}
	callers.Wait()
	x.written("cel-custom/Master.csv", "LINKEDID_END", len(out)+len(own))
	cancel()
	phones.Wait()
	all := map[string]sipp.Result{}
	for _, r := range append(seen[0], seen[1]...) {
		all[r.Name] = r
	}
	return all
}

// written waits until a log has so many lines of a kind.
func (x *exchange) written(file, what string, lines int) {
	x.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		text, err := os.ReadFile(filepath.Join(x.folder, file))
		if n := bytes.Count(text, []byte(what)); n >= lines {
			return
		} else if time.Now().After(deadline) {
			x.t.Fatalf("%s has %d lines with %s, want %d: %v", file, n, what, lines, err)
		}
		<-time.After(100 * time.Millisecond)
	}
}
