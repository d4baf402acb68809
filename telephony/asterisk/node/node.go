// Package node renders the shipped Asterisk configuration and runs one Asterisk with it: `make run`, the tests and the
// benchmarks use it. An Asterisk that is run by the system (systemd, a container) doesn't need it; see
// docs/operate-asterisk.md. It knows nothing of calls and never touches a file outside its instance folder, but for one
// line in the hosts file of a chroot folder.
package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"firstline/pipeline/listen"
)

const (
	startLimit = 60 * time.Second // from start until ARI answers
	stopLimit  = 10 * time.Second // from SIGTERM until SIGKILL
)

// Node is one Asterisk instance.
type Node struct {
	cfg   Config
	log   *slog.Logger
	ready chan struct{}
}

// New checks cfg. Nothing is written or started before Run.
func New(cfg Config, log *slog.Logger) (*Node, error) {
	if problems := cfg.Validate(); len(problems) > 0 {
		p := problems[0]
		return nil, fmt.Errorf("asterisk node: %s: %s (%d problems in all)", p.Path, p.Message, len(problems))
	}
	return &Node{cfg: cfg.withDefaults(), log: log, ready: make(chan struct{})}, nil
}

// Ready is closed when ARI answers.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Folder is the instance's folder as seen from outside the root folder.
func (n *Node) Folder() string { return outside(n.cfg.Root, n.cfg.Dir) }

// QueueLog is the path of queue_log as seen from outside the root folder.
func (n *Node) QueueLog() string { return n.Folder() + "/log/queue_log" }

// URL is ARI's REST base.
func (n *Node) URL() string { return fmt.Sprintf("http://127.0.0.1:%d/ari", n.cfg.HTTPPort) }

// Run writes the instance folder, starts Asterisk, and blocks until ctx ends (nil) or Asterisk ends by itself (an error
// with the end of what it said). It leaves no process and no folder, but for the logs if KeepLogs says so. Call it once.
func (n *Node) Run(ctx context.Context) error {
	version, err := InstalledVersion(ctx, n.cfg.Root)
	if err != nil {
		return err
	}
	unlock, err := lock(n.Folder())
	if err != nil {
		return err
	}
	defer unlock()
	if err := portsFree(ctx, n.cfg); err != nil {
		return err
	}
	account, err := findAccount(n.cfg.Root)
	if err != nil {
		return err
	}
	if err := prepare(n.cfg, account); err != nil {
		return err
	}
	defer n.clean()

	said := &tail{limit: 8 << 10}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), binary(n.cfg.Root), "-f", "-C", n.cfg.Dir+"/etc/asterisk.conf")
	cmd.Stdout, cmd.Stderr = said, said
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + n.cfg.Dir, "TERM=dumb"}
	enter(cmd, n.cfg.Root, account)
	ended, err := n.start(cmd)
	if err != nil {
		return fmt.Errorf("start asterisk in %s: %w", n.cfg.Root, err)
	}
	n.log.Info("asterisk started", "version", version.String(), "node", n.cfg.Name, "pid", cmd.Process.Pid)
	if err := n.awaitReady(ctx, ended); err != nil {
		n.stop(cmd, ended)
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("%w; it said: %s", err, said)
	}
	close(n.ready)
	select {
	case <-ctx.Done():
		n.stop(cmd, ended)
		return nil
	case e := <-ended:
		return fmt.Errorf("asterisk ended by itself: %w; it said: %s", e.reason(), said)
	}
}

// portsFree fails, with listen.ErrInUse wrapped, when another program has one of the instance's ports. Asterisk itself
// would start without it.
func portsFree(ctx context.Context, c Config) error {
	address := net.JoinHostPort(c.Bind, strconv.Itoa(c.SIPPort))
	sip, err := new(net.ListenConfig).ListenPacket(ctx, "udp", address)
	if err != nil {
		return listen.Explain(err, address, "asterisk's sip", "asterisk.sip_port")
	}
	_ = sip.Close()
	ari, err := listen.Open(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.HTTPPort)), "asterisk's ari", "asterisk.url")
	if err != nil {
		return err
	}
	_ = ari.Close()
	return nil
}

// The priority of Asterisk where this process may give it: voice and signalling don't wait for whatever else runs on the
// machine. It is that of Asterisk's own option highpriority (ast_set_priority in main/asterisk.c), which only works for root,
// as which it doesn't run here; where real time is refused, a niceness (see sched(7), nice(2)).
const (
	realTime = 10
	niceness = -10
)

// prioritise gives the calling thread, and so what it starts, the priority of Asterisk.
func (n *Node) prioritise() {
	refused := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: realTime}, 0)
	if refused == nil {
		return
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, niceness); err != nil {
		n.log.Info("asterisk has no priority of its own", "real_time", refused, "niceness", err)
		return
	}
	n.log.Info("asterisk has no real-time priority, only a niceness", "niceness", niceness, "error", refused)
}

// start runs cmd on a thread of its own and sends the result of waiting once. The thread is kept because Linux ties the
// parent-death signal to the thread that started the child, and never unlocked, so that its priority ends with it.
func (n *Node) start(cmd *exec.Cmd) (ended chan exit, err error) {
	started := make(chan error, 1)
	ended = make(chan exit, 1)
	go func() {
		runtime.LockOSThread()
		n.prioritise()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- exit{cmd.Wait()}
		}
	}()
	return ended, <-started
}

// stop ends Asterisk: at once and in good order by SIGTERM, by SIGKILL when that takes too long.
func (n *Node) stop(cmd *exec.Cmd, ended <-chan exit) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself: then there is nothing to stop
	select {
	case <-ended:
		n.log.Info("asterisk stopped", "node", n.cfg.Name)
	case <-time.After(stopLimit):
		n.log.Warn("asterisk did not stop in time and was killed", "node", n.cfg.Name)
		_ = cmd.Process.Kill()
		<-ended
	}
}

// awaitReady asks ARI until it answers: refused, then 404 while modules load, then 503 until booted, then 200.
func (n *Node) awaitReady(ctx context.Context, ended chan exit) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	last := errors.New("not asked yet")
	for {
		select {
		case e := <-ended:
			ended <- e // for stop
			return fmt.Errorf("asterisk ended while starting: %w", e.reason())
		case <-ctx.Done():
			return fmt.Errorf("asterisk's ari did not answer within %v: %w", startLimit, last)
		case <-tick.C:
		}
		if last = n.ask(ctx, client); last == nil {
			return nil
		}
	}
}

func (n *Node) ask(ctx context.Context, client *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL()+"/asterisk/info?only=system", nil)
	if err != nil {
		return fmt.Errorf("ask ari: %w", err)
	}
	req.SetBasicAuth(n.cfg.Username, n.cfg.Password)
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask ari: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask ari: %s", resp.Status)
	}
	return nil
}

// clean removes what the instance wrote.
func (n *Node) clean() {
	if err := wipe(n.Folder(), n.cfg.KeepLogs); err != nil {
		n.log.Warn("asterisk's instance folder could not be removed", "node", n.cfg.Name, "error", err)
	}
}

// exit is how a process ended.
type exit struct{ err error }

// reason is never nil.
func (e exit) reason() error {
	if e.err == nil {
		return errors.New("exit status 0")
	}
	return e.err
}

// tail keeps the end of what is written to it.
type tail struct {
	limit int
	kept  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - t.limit; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.kept)) }

// outside is the path of inside as seen from outside root.
func outside(root, inside string) string {
	if root == "/" {
		return inside
	}
	return strings.TrimSuffix(root, "/") + inside
}

// binary is Asterisk's path inside root.
func binary(root string) string {
	if root == "/" {
		if path, err := exec.LookPath("asterisk"); err == nil {
			return path
		}
	}
	return "/usr/sbin/asterisk"
}

// enter makes cmd run inside root, under account, and end when this process dies.
func enter(cmd *exec.Cmd, root string, account *account) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if root != "/" {
		attr.Chroot = root
		cmd.Dir = "/"
	}
	if account != nil {
		attr.Credential = &syscall.Credential{Uid: account.uid, Gid: account.gid}
	}
	cmd.SysProcAttr = attr
}

// isRoot says whether this process may change its root folder and its user.
func isRoot() bool { return os.Geteuid() == 0 }
