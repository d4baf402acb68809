package node_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"firstline/deploy"
	"firstline/pipeline/listen"
	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/node/nodetest"
)

func sample() node.Config {
	c := node.DefaultConfig()
	c.Password = "secret"
	c.Agents = []node.Agent{
		{ID: "anna", Endpoint: "PJSIP/101", Name: "Anna Becker", Secret: "s", Queues: []string{"support"}},
		{ID: "boris", Endpoint: "PJSIP/102", Secret: "s", Contact: "sip:102@127.0.0.1:5099", Queues: []string{"support", "sales"}},
	}
	c.Phones = []node.Phone{{User: "demo", Secret: "d"}, {User: "201", Name: "Window", Secret: "s", Queues: []string{"support"}}}
	c.Queues = []node.Queue{{ID: "support"}, {ID: "sales", Music: "soft"}}
	return c
}

func TestRenderedConfiguration(t *testing.T) {
	files, err := node.Render(sample())
	if err != nil {
		t.Fatal(err)
	}
	wants := map[string][]string{
		"asterisk.conf":         {"systemname = pbx1\n", "astetcdir => /srv/firstline/pbx1/etc\n"},
		"http.conf":             {"sessionlimit = 1000\n", "bindaddr = 127.0.0.1\n"},
		"pjsip.conf":            {"taskprocessor_overload_trigger = pjsip_only\n", "[101](firstline)\n", "contact = sip:102@127.0.0.1:5099\n", "[demo](firstline)\n"},
		"queues.conf":           {"[fallback-support]\n", "[fallback-sales]\nmusicclass = soft\n", "member => PJSIP/101\nmember => PJSIP/102\nmember => PJSIP/201\n"},
		"extensions.conf":       {"FIRSTLINE_FALLBACK_QUEUE = fallback-support\n", "FIRSTLINE_BEAT_MAX_AGE = 5\n"},
		"websocket_client.conf": {"uri = ws://127.0.0.1:8070/ari\n", "connection_type = persistent\n"},
		"musiconhold.conf":      {"[soft]\n"},
	}
	for name, texts := range wants {
		for _, text := range texts {
			if !strings.Contains(string(files[name]), text) {
				t.Errorf("%s lacks %q:\n%s", name, text, files[name])
			}
		}
	}
	// connection_type in ari.conf would make Asterisk refuse the section.
	for line := range strings.Lines(string(files["ari.conf"])) {
		if strings.HasPrefix(line, "connection_type") {
			t.Error("ari.conf sets connection_type")
		}
	}
	if err := fstest.TestFS(deploy.Asterisk, "asterisk/pjsip.conf"); err != nil {
		t.Error(err)
	}
}

func TestConfigurationThatCannotBeWritten(t *testing.T) {
	cases := map[string]func(*node.Config){
		"name":               func(c *node.Config) { c.Name = "a b" },
		"password":           func(c *node.Config) { c.Password = "" },
		"sip_port":           func(c *node.Config) { c.SIPPort = 0 },
		"rtp_end":            func(c *node.Config) { c.RTPEnd = c.RTPStart },
		"controller_url":     func(c *node.Config) { c.ControllerURL = "http://x" },
		"queues":             func(c *node.Config) { c.Queues, c.Agents, c.Phones = nil, nil, nil },
		"fallback_queue":     func(c *node.Config) { c.FallbackQueue = "none" },
		"agents.0.secret":    func(c *node.Config) { c.Agents[0].Secret = "x\nauth=none" },
		"agents.1.endpoint":  func(c *node.Config) { c.Agents[1].Endpoint = "PJSIP/1;2" },
		"agents.0.name":      func(c *node.Config) { c.Agents[0].Name = "A <1>" },
		"queues.1.id":        func(c *node.Config) { c.Queues[1].ID, c.Agents[1].Queues = "a,b", nil },
		"trunk_from.0":       func(c *node.Config) { c.TrunkFrom = []string{"everyone"} },
		"agents.0.queues.0":  func(c *node.Config) { c.Agents[0].Queues = []string{"none"} },
		"phones.1.queues.0":  func(c *node.Config) { c.Phones[1].Queues = []string{"none"} },
		"beat_max_age":       func(c *node.Config) { c.BeatMaxAge = 0 },
		"phones.0.user":      func(c *node.Config) { c.Phones[0].User = "" },
		"bind":               func(c *node.Config) { c.Bind = "localhost" },
		"root":               func(c *node.Config) { c.Root = "somewhere" },
		"phones.0.user same": func(c *node.Config) { c.Phones[0].User = "101" },
	}
	if p := sample().Validate(); len(p) != 0 {
		t.Fatalf("the sample has problems: %+v", p)
	}
	for name, spoil := range cases {
		path, _, _ := strings.Cut(name, " ")
		c := sample()
		spoil(&c)
		found := c.Validate()
		if len(found) != 1 || found[0].Path != path {
			t.Errorf("%s: problems %+v", name, found)
		}
	}
}

func TestVersion(t *testing.T) {
	for text, want := range map[string]node.Version{
		"Asterisk 22.10.1+dfsg+~cs6.17.60671434-1": {22, 10, 1},
		"Asterisk certified-22.8-cert1":            {22, 8, 0},
		"20.15.2":                                  {20, 15, 2},
	} {
		got, err := node.ParseVersion(text)
		if err != nil || got != want {
			t.Errorf("%s: %v %v, want %v", text, got, err, want)
		}
	}
	if _, err := node.ParseVersion("Asterisk GIT-master"); err == nil {
		t.Error("a build without a number has a version")
	}
	for v, old := range map[node.Version]bool{{22, 4, 9}: true, {22, 5, 0}: false, {23, 0, 0}: false, {20, 15, 0}: true} {
		if got := errors.Is(node.CheckVersion(v), node.ErrTooOld); got != old {
			t.Errorf("%v too old: %v", v, got)
		}
	}
}

func TestRealAsteriskStartsAndLeavesNothing(t *testing.T) {
	cfg := nodetest.Config(t)
	n, err := node.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	select {
	case <-n.Ready():
	case err := <-ended:
		t.Fatal(err)
	}
	for _, sound := range []string{"en/hello-world.wav", "ru/hello-world.wav"} {
		if target, err := os.Readlink(filepath.Join(n.Folder(), "data/sounds", filepath.Dir(sound))); err != nil || target == "" {
			t.Errorf("language of %s: %v", sound, err)
		}
	}
	messages, err := os.ReadFile(filepath.Join(n.Folder(), "log/messages"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(messages)) {
		if strings.Contains(line, "ERROR") || strings.Contains(line, "WARNING") {
			t.Errorf("asterisk complains at start: %s", line)
		}
	}
	checkRealTime(t, filepath.Join(n.Folder(), "run/asterisk.pid"))
	second, err := node.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Run(ctx); !errors.Is(err, node.ErrRunning) {
		t.Errorf("a second one in the same folder: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{n.Folder(), n.Folder() + ".lock"} {
		if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", left, err)
		}
	}
	if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", cfg.HTTPPort)); err == nil {
		_ = conn.Close()
		t.Error("ari still listens")
	}
}

// checkRealTime: where this process may give real time, every thread of Asterisk has it.
func checkRealTime(t *testing.T, pidFile string) {
	t.Helper()
	want := unix.SCHED_NORMAL
	tried := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its priority
		tried <- unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}, 0)
	}()
	if err := <-tried; err == nil {
		want = unix.SCHED_RR
	} else {
		t.Logf("real time is refused here: %v", err)
	}
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	threads, err := filepath.Glob("/proc/" + strings.TrimSpace(string(pid)) + "/task/*")
	if err != nil || len(threads) < 10 {
		t.Fatalf("%d threads of process %s: %v", len(threads), pid, err)
	}
	for _, thread := range threads {
		id, _ := strconv.Atoi(filepath.Base(thread))
		attr, err := unix.SchedGetAttr(id, 0)
		if err == nil && int(attr.Policy) != want { // an error: it has ended meanwhile
			t.Errorf("thread %d has policy %d, want %d", id, attr.Policy, want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	cfg := nodetest.Config(t)
	taken, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", cfg.SIPPort))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	n, err := node.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Run(context.Background()); !errors.Is(err, listen.ErrInUse) {
		t.Errorf("error %v", err)
	}
}

func TestAsteriskThatCannotStartSaysWhy(t *testing.T) {
	root := parts.Need(t, parts.AsteriskRoot)
	cfg := nodetest.Config(t)
	cfg.Dir = "/srv/firstline/" + cfg.Name
	cfg.Root = t.TempDir() // no Asterisk there
	if cfg.Root == root {
		t.Fatal("the same root")
	}
	n, err := node.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Run(context.Background()); err == nil || !strings.Contains(err.Error(), cfg.Root) {
		t.Errorf("error %v", err)
	}
}
