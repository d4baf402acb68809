package asterisk

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"golang.org/x/sys/unix"

	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/node/nodetest"
	"firstline/telephony/callcenter"
)

// softphone is a baresip without a sound card: a phone that, unlike SIPp, has several lines, holds a call, and transfers it
// both ways. It says one tone all the time; what it hears is read off the wire. It is steered over the JSON connection of its
// module ctrl_tcp; its commands act on the current call, which is the newest, or the one that line names.
type softphone struct {
	t     *testing.T
	user  string
	dir   string // its configuration
	host  string // Asterisk's SIP address
	media int    // first port of its RTP
	conn  net.Conn
	seen  int // events behind which the next is awaited
	token int // of the last command

	mu      sync.Mutex // guards all below
	events  []phoneEvent
	changed chan struct{}     // closed and replaced at each event
	trace   bytes.Buffer      // the SIP messages it sent and got, as it saw them
	heard   map[int][]float64 // samples by the call's RTP port
}

// phoneEvent is what ctrl_tcp sends: an event of the phone, or the answer to a command.
type phoneEvent struct {
	Type  string `json:"type"`    // "REGISTER_OK", "CALL_ESTABLISHED", …
	Call  string `json:"id"`      // SIP Call-ID
	Peer  string `json:"peeruri"` // whom the call is with
	Param string `json:"param"`   // "Connection reset by peer"

	Token string `json:"token"` // of the command that is answered
	OK    bool   `json:"ok"`
	Data  string `json:"data"`
}

// What a phone tells of itself and its calls.
const (
	phoneRegistered     = "REGISTER_OK"
	phoneCalled         = "CALL_INCOMING"
	phoneTalks          = "CALL_ESTABLISHED"
	phoneCallEnded      = "CALL_CLOSED"
	phoneTransferFailed = "TRANSFER_FAILED"
)

// softphone starts a phone for one of Asterisk's users, or a caller's when secret is empty. It answers by itself.
func (w *world) softphone(user, secret string, tone int) *softphone {
	w.t.Helper()
	return w.softphoneAt(nodetest.Ports(w.t, phonePortsOwn), user, secret, tone, "auto")
}

const phonePortsOwn = 3 // SIP by UDP and TCP, SIP by TLS, control

// softphoneAt starts a phone on ports that are known before; with mode manual it is answered by accept.
func (w *world) softphoneAt(ports int, user, secret string, tone int, mode string) *softphone {
	w.t.Helper()
	program := parts.Need(w.t, func() (string, error) { return parts.Program("baresip") })
	p := &softphone{t: w.t, user: user, dir: w.t.TempDir(), host: fmt.Sprintf("127.0.0.1:%d", w.cfg.SIPPort),
		media: nodetest.Media(w.t, phonePorts), changed: make(chan struct{}), heard: map[int][]float64{}}
	control := fmt.Sprintf("127.0.0.1:%d", ports+2)
	modules := filepath.Join(filepath.Dir(program), "../lib/baresip/modules")
	p.write("config", fmt.Sprintf(phoneConfig, modules, ports, p.media, p.media+phonePorts-1, tone, control))
	p.write("accounts", "# its account is made when somebody listens to its events\n")
	p.write("contacts", "\n")
	p.overhear()
	p.start(program)
	p.connect(control)
	account := fmt.Sprintf("<sip:%s@%s>;answermode=%s;regint=0", user, p.host, mode)
	if secret != "" {
		account = fmt.Sprintf("<sip:%s@%s>;answermode=%s;auth_user=%[1]s;auth_pass=%[4]s;regint=300", user, p.host, mode, secret)
	}
	p.do("uanew", account)
	if secret != "" {
		p.await(phoneRegistered)
	}
	return p
}

const phonePorts = 40 // of RTP, two a call

// phoneConfig: the sine only comes at 48 kHz in two channels, which the phone brings to the codec's.
const phoneConfig = `
module_path %s
net_interface 127.0.0.1
sip_listen 127.0.0.1:%d
rtp_ports %d-%d
call_max_calls 4
call_local_timeout 30
audio_source ausine,%d
ausrc_srate 48000
ausrc_channels 2
module g711.so
module ausine.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ringback_disabled yes
ctrl_tcp_listen %s
`

func (p *softphone) write(name, content string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// start runs the program until the test ends. Its output is line by line, so that a message is in the trace once it was sent.
func (p *softphone) start(program string) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "stdbuf", "-oL", program, "-s", "-f", p.dir)
	cmd.Stdout, cmd.Stderr = tracer{p}, tracer{p}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it hangs up
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = cmd.Wait() // it was told to end
		if p.t.Failed() {
			p.t.Logf("phone %s: %s", p.user, p.said())
		}
	})
}

// tracer keeps what a phone prints.
type tracer struct{ p *softphone }

func (t tracer) Write(text []byte) (int, error) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	return t.p.trace.Write(text)
}

// said is all that the phone printed, SIP messages included.
func (p *softphone) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trace.String()
}

func (p *softphone) connect(address string) {
	p.t.Helper()
	waitFor(p.t, "the phone listens", func() (ok bool) {
		var err error
		p.conn, err = net.Dial("tcp", address)
		return err == nil
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.read()
	}()
	p.t.Cleanup(func() {
		_ = p.conn.Close()
		<-ended
	})
}

// read keeps what the phone tells until the connection ends. Each message is a netstring: "12:{…},".
func (p *softphone) read() {
	in := bufio.NewReader(p.conn)
	for {
		length, err := in.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
		if err != nil {
			return
		}
		text := make([]byte, n+1)
		if _, err := io.ReadFull(in, text); err != nil {
			return
		}
		var ev phoneEvent
		if json.Unmarshal(text[:n], &ev) == nil {
			p.put(ev)
		}
	}
}

func (p *softphone) put(ev phoneEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, ev)
	close(p.changed)
	p.changed = make(chan struct{})
}

// find waits for an event at or behind the position from, and returns the position behind it.
func (p *softphone) find(from int, what string, ok func(phoneEvent) bool) (phoneEvent, int) {
	p.t.Helper()
	limit := time.After(patience)
	for {
		p.mu.Lock()
		events, changed := p.events, p.changed
		p.mu.Unlock()
		for i := from; i < len(events); i++ {
			if ok(events[i]) {
				return events[i], i + 1
			}
		}
		select {
		case <-changed:
		case <-limit:
			p.t.Fatalf("phone %s: %s did not come; came: %+v", p.user, what, events)
		}
	}
}

// await waits for the next event of a type.
func (p *softphone) await(kind string) phoneEvent {
	p.t.Helper()
	ev, at := p.find(p.seen, kind, func(ev phoneEvent) bool { return ev.Type == kind })
	p.seen = at
	return ev
}

// do has the phone carry out a command, and returns what it says to that.
func (p *softphone) do(command, params string) string {
	p.t.Helper()
	p.token++
	token := strconv.Itoa(p.token)
	text, err := json.Marshal(map[string]string{"command": command, "params": params, "token": token})
	if err == nil {
		_, err = fmt.Fprintf(p.conn, "%d:%s,", len(text), text)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	answer, _ := p.find(0, "the answer to "+command, func(ev phoneEvent) bool { return ev.Token == token })
	if !answer.OK {
		p.t.Fatalf("phone %s: %s %s: %s", p.user, command, params, answer.Data)
	}
	return answer.Data
}

// uri is a number at Asterisk.
func (p *softphone) uri(number string) string { return "sip:" + number + "@" + p.host }

// ring calls a number; phoneTalks comes when it is answered.
func (p *softphone) ring(number string) {
	p.t.Helper()
	p.do("dial", p.uri(number))
}

// press sends a key of the current call, accept takes a call that comes in.
func (p *softphone) press(key string) { p.t.Helper(); p.do("sndcode", key) }
func (p *softphone) accept()          { p.t.Helper(); p.do("accept", "") }

// hold and resume are a re-INVITE each, for the current call.
func (p *softphone) hold()   { p.t.Helper(); p.do("hold", "") }
func (p *softphone) resume() { p.t.Helper(); p.do("resume", "") }

// line makes a call the current one: the first is 1.
func (p *softphone) line(n int) { p.t.Helper(); p.do("line", strconv.Itoa(n)) }

// hangUp ends the current call.
func (p *softphone) hangUp() { p.t.Helper(); p.do("hangup", "") }

// blindTransfer sends the current call's other side to a number.
func (p *softphone) blindTransfer(number string) {
	p.t.Helper()
	p.do("transfer", p.uri(number))
}

// attendedTransfer joins the current call's other side with that of another call of the phone's, by its SIP Call-ID. The
// program has no command for it (its version in Debian 12), but sends on what it is told to refer to.
func (p *softphone) attendedTransfer(number, other string) {
	p.t.Helper()
	own, theirs := p.tags(other)
	replaces := other + ";to-tag=" + theirs + ";from-tag=" + own
	p.do("transfer", "<"+p.uri(number)+"?Replaces="+url.QueryEscape(replaces)+">")
}

// tags are both ends' tags of a call, out of the messages.
func (p *softphone) tags(call string) (own, theirs string) {
	p.t.Helper()
	for message := range strings.SplitSeq(p.said(), "\x1b[36;1m#\n") {
		head := headers(message)
		from, to := tag(head["From"]), tag(head["To"])
		if head["Call-ID"] != call || from == "" || to == "" {
			continue
		}
		if strings.Contains(head["From"], "sip:"+p.user+"@") {
			own, theirs = from, to
		} else {
			own, theirs = to, from
		}
	}
	if own == "" {
		p.t.Fatalf("phone %s: no answered call %s", p.user, call)
	}
	return own, theirs
}

func headers(message string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(message) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ": "); found {
			out[name] = value
		}
	}
	return out
}

func tag(header string) string {
	_, after, _ := strings.Cut(header, ";tag=")
	value, _, _ := strings.Cut(after, ";")
	return value
}

// overhear reads the RTP that comes to the phone, as SIPp sends its own: on a raw socket. The phone's own recording stops for
// good when a call is held.
func (p *softphone) overhear() {
	p.t.Helper()
	wire, err := net.ListenIP("ip4:udp", &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := onlyPorts(wire, p.media, p.media+phonePorts-1); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		packet := make([]byte, 2048)
		for {
			n, _, err := wire.ReadFrom(packet)
			if err != nil {
				return
			}
			p.hear(packet[:n])
		}
	}()
	p.t.Cleanup(func() {
		_ = wire.Close()
		<-ended
	})
}

// onlyPorts has the kernel hand over no packets but those to these ports: all that goes over loopback would be too much.
func onlyPorts(wire *net.IPConn, first, last int) error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH},                          // X = length of the IP header
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_IND, K: 2},                     // A = destination port
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: uint32(first), Jf: 2}, // below the first: drop
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, K: uint32(last), Jt: 1},  // above the last: drop
		{Code: unix.BPF_RET | unix.BPF_K, K: math.MaxUint16},
		{Code: unix.BPF_RET | unix.BPF_K},
	}
	raw, err := wire.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	})
	return errors.Join(err, set)
}

// hear takes the samples out of a UDP packet that carries PCMU; RTCP and keys pressed are no sound.
func (p *softphone) hear(packet []byte) {
	const udp, rtp = 8, 12
	if len(packet) < udp+rtp || packet[udp+1]&0x7f != 0 {
		return
	}
	port := int(binary.BigEndian.Uint16(packet[2:]))
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range packet[udp+rtp:] {
		p.heard[port] = append(p.heard[port], linear(b))
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// linear is the sample that a byte of PCMU means (G.711).
func linear(b byte) float64 {
	b = ^b
	magnitude := (int(b&0x0f)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		magnitude = -magnitude
	}
	return float64(magnitude)
}

// next waits for a while of sound that the phone hears from now on, in any call; nil: none came.
func (p *softphone) next(length time.Duration) []float64 {
	limit := time.After(patience)
	before := map[int]int{}
	p.mu.Lock()
	for port, sound := range p.heard {
		before[port] = len(sound)
	}
	p.mu.Unlock()
	n := int(length.Seconds() * rate)
	for {
		p.mu.Lock()
		changed := p.changed
		for port, sound := range p.heard {
			if from := before[port]; len(sound) >= from+n {
				p.mu.Unlock()
				return sound[from : from+n]
			}
		}
		p.mu.Unlock()
		select {
		case <-changed:
		case <-limit:
			return nil
		}
	}
}

const rate = 8000 // samples a second

// hears waits until the phone hears all of these tones and none of the others.
func (p *softphone) hears(tones []int, others ...int) {
	p.t.Helper()
	var shares []string
	limit := time.Now().Add(patience)
	for time.Now().Before(limit) {
		sound := p.next(300 * time.Millisecond)
		ok := func(tone int) bool { return share(sound, tone) > 0.1 }
		if len(sound) > 0 && !slices.ContainsFunc(tones, func(tone int) bool { return !ok(tone) }) && !slices.ContainsFunc(others, ok) {
			return
		}
		shares = nil
		for _, tone := range slices.Concat(tones, others) {
			shares = append(shares, fmt.Sprintf("%d Hz %.3f", tone, share(sound, tone)))
		}
	}
	p.t.Fatalf("phone %s does not hear %v without %v, but %v", p.user, tones, others, shares)
}

// hearsNot waits until the phone has heard nothing of these tones for a second, by the sound that another one hears meanwhile.
func (p *softphone) hearsNot(clock *softphone, tones ...int) {
	p.t.Helper()
	limit := time.Now().Add(patience)
	for time.Now().Before(limit) {
		before := map[int]int{}
		p.mu.Lock()
		for port, sound := range p.heard {
			before[port] = len(sound)
		}
		p.mu.Unlock()
		clock.next(time.Second)
		quiet := true
		p.mu.Lock()
		for port, sound := range p.heard {
			quiet = quiet && !slices.ContainsFunc(tones, func(tone int) bool { return share(sound[before[port]:], tone) > 0.01 })
		}
		p.mu.Unlock()
		if quiet {
			return
		}
	}
	p.t.Fatalf("phone %s hears one of %v", p.user, tones)
}

// share is how much of a sound's power is one tone: 1 = all of it, 0 = none or silence.
func share(sound []float64, tone int) float64 {
	var sin, cos, all float64
	for i, s := range sound {
		sine, cosine := math.Sincos(2 * math.Pi * float64(tone) * float64(i) / rate)
		sin, cos, all = sin+s*sine, cos+s*cosine, all+s*s
	}
	if all == 0 {
		return 0
	}
	return 2 * (sin*sin + cos*cos) / all / float64(len(sound))
}

// registers is a change of Asterisk's configuration: anna's phone is wherever it registers from.
func registers(c *node.Config) { c.Agents[0].Contact = "" }

// trunkTo has the trunk lead to a phone that is started later, on the ports that it tells, and anna's phone register.
func trunkTo(t *testing.T, ports *int) func(*node.Config) {
	return func(c *node.Config) {
		registers(c)
		*ports = nodetest.Ports(t, phonePortsOwn)
		c.TrunkTo = fmt.Sprintf("sip:127.0.0.1:%d", *ports)
	}
}

// The phone that other tests rely on: it registers, is called, hears and is heard, holds, calls on a second line, and asks
// for a transfer of both kinds.
func TestRealSoftphone(t *testing.T) {
	w := newWorld(t, registers)
	w.run()
	anna, caller := w.softphone("101", "s101", 440), w.softphone("4930111", "", 700)
	w.beat() // phones take their time to start
	caller.ring("1000")
	c := w.arrival()
	h, leg, bridge := head(c, 1), "fl.leg."+c+".1", "fl.br."+c+".1"
	w.Execute([]callcenter.Command{
		callcenter.ClearTimeout{Head: h, Channel: c}, callcenter.Answer{Head: h, Channel: c},
		callcenter.Ring{Head: h, Channel: leg, Endpoint: "PJSIP/101", Originator: c, CallerID: "<4930111>", Timeout: 10 * time.Second},
	})
	caller.await(phoneTalks)
	anna.await(phoneTalks)
	w.await("the answer", is(callcenter.LegAnswered{Channel: leg}))
	w.Execute([]callcenter.Command{callcenter.CreateBridge{Head: h, Bridge: bridge}, callcenter.AddToBridge{Head: h, Bridge: bridge, Channels: []string{c, leg}}})
	anna.hears([]int{700}, 440)
	caller.hears([]int{440}, 700)

	anna.hold()
	w.await("hold", is(callcenter.ChannelHeld{Channel: leg}))
	caller.hears(nil, 440)
	anna.resume()
	w.await("resume", is(callcenter.ChannelUnheld{Channel: leg}))
	caller.hears([]int{440}, 700)
	anna.hears([]int{700}, 440)

	anna.hold()
	w.beat()
	anna.ring("2000")
	second := w.arrival()
	w.Execute([]callcenter.Command{callcenter.ClearTimeout{Head: h, Channel: second}, callcenter.Answer{Head: h, Channel: second}})
	call := anna.await(phoneTalks).Call
	anna.line(1)
	anna.attendedTransfer("2000", call)
	w.transfers(leg, 1)
	anna.await(phoneCallEnded)
	w.await("the leg's end", is(callcenter.ChannelEnded{Channel: leg, Cause: 16}))
	anna.blindTransfer("3000")
	w.transfers(second, 2)
	if ended := anna.await(phoneCallEnded); ended.Call != call {
		t.Errorf("the phone ended %+v", ended)
	}
	w.await("the call's end", is(callcenter.ChannelEnded{Channel: second}))
	caller.hangUp()
	w.await("the caller's end", is(callcenter.ChannelEnded{Channel: c}))
}

// transfers waits for the application's nth transfer, and tells the phone that it went well.
func (w *world) transfers(channel string, n float64) {
	w.t.Helper()
	told := w.metrics.events.WithLabelValues("ChannelTransfer")
	waitFor(w.t, "a transfer", func() bool { return testutil.ToFloat64(told) >= 2*n-1 }) // each answer is told too
	err := w.rest.do(w.t.Context(), request{what: "transfer progress", method: http.MethodPost, path: channelPath(channel, "/transfer_progress"),
		query: url.Values{"states": {"channel_answered"}}}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
}
