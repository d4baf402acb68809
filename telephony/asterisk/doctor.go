package asterisk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/telephony/asterisk/node"
	"firstline/telephony/callcenter"
)

// Check is one thing about Asterisk that was looked at.
type Check struct {
	Name   string
	OK     bool
	Detail string // what was found
	Mend   string // what to do when not OK
}

// Place is where Asterisk runs and what the plan needs of it.
type Place struct {
	Root      string             // "/" or the folder Asterisk is chrooted to
	ConfigDir string             // its configuration as seen inside Root: "/etc/asterisk"; empty = on another host, files aren't looked at
	Node      string             // name of the node: must be its systemname
	Heard     []callcenter.Heard // what flows, queues and feature codes play
	Music     []string           // music classes of the queues
	Headers   bool               // some phone is asked to answer by itself
	Records   bool               // some queue records talks
	Announces bool               // some queue tells callers whom it records
	Out       bool               // callers can be sent on to numbers outside
}

// fewestSessions is the least sessionlimit: each connection of the client's, the websocket, and some for people.
const fewestSessions = 200

// nameLimit is how long the look-up of the host name may take: Asterisk does it for every RTP session.
const nameLimit = 100 * time.Millisecond

// Doctor looks whether Asterisk is fit for Firstline. It changes nothing. The first checks ask Asterisk itself; when it
// doesn't answer, only those of files and names follow.
func Doctor(ctx context.Context, cfg Config, password string, place Place) []Check {
	d := &doctor{rest: newREST(cfg, password, newMetrics(prometheus.NewRegistry())), cfg: cfg, place: place}
	defer d.rest.close()
	if d.answers(ctx) {
		d.clock(ctx)
		d.application(ctx)
		d.dialplan(ctx)
		d.overload(ctx)
		d.modules(ctx, "phones that transfer", "res_pjsip_refer.so")
		if place.Headers {
			d.modules(ctx, "phones that answer by themselves", "res_pjsip_header_funcs.so")
		}
		if place.Out {
			d.modules(ctx, "numbers outside", "app_dial.so")
		}
		if place.Records {
			d.modules(ctx, "recordings", "res_ari_recordings.so", "res_stasis_recording.so", "res_stasis_snoop.so", "format_wav.so")
		}
		if place.Announces {
			d.modules(ctx, "announcements in a talk", "chan_bridge_media.so")
		}
	}
	d.hostName(ctx)
	if place.ConfigDir != "" {
		d.sessions()
		d.music()
		d.sounds()
	}
	return d.found
}

type doctor struct {
	rest  *rest
	cfg   Config
	place Place
	found []Check
}

// note adds a check: it is OK when err is nil.
func (d *doctor) note(name string, err error, detail, mend string) {
	c := Check{Name: name, OK: err == nil, Detail: detail}
	if err != nil {
		c.Detail, c.Mend = err.Error(), mend
	}
	d.found = append(d.found, c)
}

func (d *doctor) get(ctx context.Context, path string, out any) error {
	return d.rest.do(ctx, request{what: "ask asterisk", method: http.MethodGet, path: path, repeatable: true}, out)
}

// answers asks for version and system name.
func (d *doctor) answers(ctx context.Context) bool {
	var info struct {
		System struct{ Version string } `json:"system"`
		Config struct{ Name string }    `json:"config"`
	}
	err := d.get(ctx, "/asterisk/info", &info)
	mend := "start Asterisk, or mend asterisk.url; http.conf must enable the server on that address"
	if codeOf(err) == http.StatusUnauthorized {
		mend = "user and password of ari.conf must be asterisk.username and the value of $" + d.cfg.PasswordEnv
	}
	d.note("asterisk answers", err, d.cfg.URL, mend)
	if err != nil {
		return false
	}
	version, err := node.ParseVersion(info.System.Version)
	if err == nil {
		err = node.CheckVersion(version)
	}
	d.note("asterisk's version", err, info.System.Version, fmt.Sprintf("install Asterisk %v or later", node.Oldest()))
	if d.place.Node != "" {
		err = nil
		if info.Config.Name != d.place.Node {
			err = fmt.Errorf("it is %q, the configuration says %q", info.Config.Name, d.place.Node)
		}
		d.note("asterisk's systemname", err, info.Config.Name, "set systemname in asterisk.conf to the value of node and restart Asterisk")
	}
	return true
}

const (
	clockLimit = time.Second // by how much Asterisk's clock may differ from ours: what clocks kept by NTP never do
	clockLooks = 4           // within a second, as Asterisk tells whole ones: some look sees the next begin
)

// clock compares Asterisk's clock with this machine's.
func (d *doctor) clock(ctx context.Context) {
	least, most, err := d.clockAhead(ctx)
	switch {
	case err != nil:
	case least > clockLimit:
		err = fmt.Errorf("it is at least %v ahead of this machine's", least.Truncate(100*time.Millisecond))
	case most < -clockLimit:
		err = fmt.Errorf("it is at least %v behind this machine's", (-most).Truncate(100*time.Millisecond))
	}
	d.note("asterisk's clock", err, "is this machine's within a second", "start NTP on Asterisk's machine and on the controller's, then restart the controller: it goes on by the clock of its start")
}

// clockAhead is how much later it is by Asterisk's clock than by ours, at least and at most.
func (d *doctor) clockAhead(ctx context.Context) (least, most time.Duration, err error) {
	least, most = math.MinInt64, math.MaxInt64
	for range clockLooks {
		var date time.Time
		asked := time.Now()
		err := d.rest.do(ctx, request{what: "ask asterisk", method: http.MethodGet, path: "/asterisk/info", repeatable: true, date: &date}, nil)
		if err != nil {
			return 0, 0, err
		}
		least = max(least, time.Until(date))
		most = min(most, date.Add(time.Second).Sub(asked))
		select {
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		case <-time.After(time.Second / clockLooks):
		}
	}
	return least, most, nil
}

func (d *doctor) application(ctx context.Context) {
	err := d.get(ctx, "/applications/"+url.PathEscape(d.cfg.App), nil)
	d.note("websocket to the controller", err, "application "+d.cfg.App+" is registered",
		"take ari.conf and websocket_client.conf from deploy/asterisk, start the controller once, `module reload res_ari.so`")
}

func (d *doctor) dialplan(ctx context.Context) {
	var variable struct{ Value string }
	err := d.get(ctx, "/asterisk/variable?variable=FIRSTLINE_APP", &variable)
	if err == nil && variable.Value != d.cfg.App {
		err = fmt.Errorf("the global variable FIRSTLINE_APP is %q, asterisk.app is %q", variable.Value, d.cfg.App)
	}
	d.note("dialplan", err, "loaded", "take extensions.conf from deploy/asterisk, `dialplan reload`")
}

// modules looks for what Asterisk starts without, and then lacks unnoticed: a phone that asks to hand its caller on gets no answer,
// phones are rung as ever and don't answer by themselves, talks are not recorded.
func (d *doctor) modules(ctx context.Context, what string, names ...string) {
	var missing error
	name := names[0]
	for _, n := range names {
		if err := d.get(ctx, "/asterisk/modules/"+n, nil); err != nil && missing == nil {
			missing, name = err, n
		}
	}
	d.note(what, missing, strings.Join(names, ", ")+": loaded", "write `load = "+name+"` into modules.conf, or `module load "+name+"`")
}

func (d *doctor) overload(ctx context.Context) {
	var attributes []struct{ Attribute, Value string }
	err := d.get(ctx, "/asterisk/config/dynamic/res_pjsip/global/global", &attributes)
	value := ""
	for _, a := range attributes {
		if a.Attribute == "taskprocessor_overload_trigger" {
			value = a.Value
		}
	}
	if err == nil && value != "pjsip_only" {
		err = fmt.Errorf("taskprocessor_overload_trigger is %q: one slow program would stop all new calls", value)
	}
	d.note("overload trigger", err, value, "set taskprocessor_overload_trigger=pjsip_only in section [global] of pjsip.conf, `module reload res_pjsip.so`")
}

func (d *doctor) hostName(ctx context.Context) {
	host, err := os.Hostname()
	detail := host
	switch {
	case err != nil:
	case d.place.Root != "/" && d.place.Root != "":
		if !inHosts(filepath.Join(d.place.Root, "etc/hosts"), host) {
			err = fmt.Errorf("%s does not stand in %s/etc/hosts", host, d.place.Root)
		}
	default:
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		began := time.Now()
		_, err = net.DefaultResolver.LookupHost(ctx, host)
		took := time.Since(began).Round(time.Millisecond)
		detail = fmt.Sprintf("%s in %v", host, took)
		if err == nil && took > nameLimit {
			err = fmt.Errorf("looking up %s took %v", host, took)
		}
	}
	d.note("host name", err, detail, "add a line `127.0.0.1 <host name>` to /etc/hosts: Asterisk looks it up for each call, and calls stall while it waits")
}

func inHosts(path, host string) bool {
	content, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); len(fields) > 1 && slices.Contains(fields[1:], host) {
			return true
		}
	}
	return false
}

// conf reads one of Asterisk's files.
func (d *doctor) conf(name string) (conf, error) {
	content, err := os.ReadFile(d.outside(filepath.Join(d.place.ConfigDir, name)))
	if err != nil {
		return nil, fmt.Errorf("read asterisk's configuration: %w", err)
	}
	return parseConf(string(content)), nil
}

// outside is the path of a file of Asterisk's as this process sees it.
func (d *doctor) outside(path string) string { return filepath.Join("/", d.place.Root, path) }

func (d *doctor) sessions() {
	c, err := d.conf("http.conf")
	limit := c.get("general", "sessionlimit")
	if n, bad := strconv.Atoi(limit); err == nil && (bad != nil || n < fewestSessions) {
		err = fmt.Errorf("sessionlimit is %q (unset is 100): connections beyond it are closed without a word", limit)
	}
	d.note("http session limit", err, limit, "set sessionlimit=1000 in http.conf and restart Asterisk")
}

func (d *doctor) music() {
	c, err := d.conf("musiconhold.conf")
	if err != nil {
		d.note("music on hold", err, "", "take musiconhold.conf from deploy/asterisk")
		return
	}
	classes := d.place.Music
	if len(classes) == 0 {
		classes = []string{"default"}
	}
	for _, class := range classes {
		directory := c.get(class, "directory")
		files, err := os.ReadDir(d.outside(d.follow(directory)))
		switch {
		case directory == "":
			err = errors.New("there is no such class, or it plays no files")
		case err == nil && len(files) == 0:
			err = fmt.Errorf("%s is empty: callers would hear silence", directory)
		}
		d.note("music class "+class, err, fmt.Sprintf("%d files in %s", len(files), directory), "put sound files there, or mend musiconhold.conf, `moh reload`")
	}
}

func (d *doctor) sounds() {
	data := "/usr/share/asterisk"
	if c, err := d.conf("asterisk.conf"); err == nil && c.get("directories", "astdatadir") != "" {
		data = c.get("directories", "astdatadir")
	}
	for _, heard := range d.place.Heard {
		var missing []string
		language := heard.Language
		wider, _, _ := strings.Cut(language, "_") // where Asterisk looks for en_GB next: en
		dir := d.follow(filepath.Join(data, "sounds", language))
		for _, media := range heard.Media {
			name, isSound := strings.CutPrefix(media, "sound:")
			if !isSound || filepath.IsAbs(name) {
				continue
			}
			if !d.hasSound(dir, name) && !d.hasSound(d.follow(filepath.Join(data, "sounds", wider)), name) {
				missing = append(missing, name)
			}
		}
		var err error
		if len(missing) > 0 {
			err = fmt.Errorf("missing in %s: %s", dir, strings.Join(missing, ", "))
		}
		d.note("sounds in "+language, err, dir, fmt.Sprintf("install the sound package of %s, or link its folder as %s/sounds/%s", language, data, language))
	}
}

func (d *doctor) hasSound(dir, name string) bool {
	found, _ := filepath.Glob(d.outside(filepath.Join(dir, name)) + ".*")
	return len(found) > 0
}

// follow resolves symbolic links as they are inside Root.
func (d *doctor) follow(path string) string {
	for range 8 { // deeper chains are somebody's mistake
		target := ""
		parts := strings.Split(strings.Trim(path, "/"), "/")
		for i := range parts {
			at := "/" + strings.Join(parts[:i+1], "/")
			link, err := os.Readlink(d.outside(at))
			if err != nil {
				continue
			}
			if !filepath.IsAbs(link) {
				link = filepath.Join(filepath.Dir(at), link)
			}
			target = filepath.Join(append([]string{link}, parts[i+1:]...)...)
			break
		}
		if target == "" {
			return path
		}
		path = target
	}
	return path
}
