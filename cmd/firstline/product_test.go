package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"firstline/analytics/client"
	"firstline/pipeline/parts"
	"firstline/pipeline/password"
	"firstline/pipeline/signature"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/node/nodetest"
	"firstline/telephony/asterisk/sipp"
)

// binary builds the program once for all tests of this package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "firstline-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "firstline")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

const (
	testPassword = "correct horse"
	testPIN      = "4711"
	phoneSecret  = "phone-secret"
	ticketSecret = "ticket-secret"
)

// product is a running Firstline with its own Asterisk, broker and ClickHouse on free ports.
type product struct {
	t       *testing.T
	dir     string
	program string // its own name of the binary, so that it can be taken away
	node    string // of no other product on this machine: Asterisk's folder has its name
	config  string
	env     []string
	ports   ports
	client  *http.Client   // as the supervisor
	api     *client.Client // the same
	cmd     *exec.Cmd
	ended   chan error
	log     *os.File
	whole   string // the configuration of a role that was left out at first

	mu      sync.Mutex // guards numbers
	numbers []string   // of all who have called
}

type ports struct{ ARI, WS, Control, Kafka, ClickHouse, HTTP, Load, SIP, RTP, SIPp, Media int }

// startProduct runs `firstline all` with the given sections (agents, queues, ivr …) and waits until it is ready.
func startProduct(t *testing.T, name, sections string) *product {
	t.Helper()
	p := newProduct(t, name, sections, "")
	p.start()
	p.waitFor("the loader to be ready, which makes the tables", time.Minute, func() error { return p.ready(p.ports.Load) })
	return p
}

// newProduct is a product that is not started yet. One role may be left out at first; bring starts it later.
func newProduct(t *testing.T, name, sections, without string) *product {
	t.Helper()
	root := parts.Need(t, parts.AsteriskRoot)
	parts.Need(t, parts.ClickHouseLibrary)
	parts.Need(t, func() (string, error) { return parts.Program("sipp") })
	p := &product{t: t, dir: t.TempDir(), ports: freePorts(t)}
	path, err := binary()
	p.must(err)
	p.program = filepath.Join(p.dir, "firstline")
	p.must(os.Link(path, p.program))
	p.node = name + strconv.Itoa(p.ports.SIP)
	t.Cleanup(func() { // Asterisk's logs, and prompts
		for _, left := range []string{filepath.Join("srv", "firstline", p.node), node.PromptsDir(p.node)} {
			if err := os.RemoveAll(filepath.Join(root, left)); err != nil {
				t.Log(err)
			}
		}
	})
	p.whole = p.writeConfig("whole.yaml", sections, "")
	p.config = p.writeConfig("firstline.yaml", sections, without)
	p.setEnv()
	return p
}

const head = `node: {{.Node}}
data: {{.Dir}}/data
asterisk:
  embedded: {{ne .Without "asterisk"}}
  url: http://127.0.0.1:{{.Ports.ARI}}/ari
  password_env: ARI
  listen: 127.0.0.1:{{.Ports.WS}}
  poll: 1s
  relist: 5s
  sip_port: {{.Ports.SIP}}
  rtp_start: {{.Ports.RTP}}
  rtp_end: {{.RTPEnd}}
  phone_secret_env: PHONE{{if .TrunkTo}}
  trunk_to: {{.TrunkTo}}{{end}}
controller: {listen: "127.0.0.1:{{.Ports.Control}}"}
kafka: {brokers: ["127.0.0.1:{{.Ports.Kafka}}"], embedded: {{ne .Without "broker"}}}
clickhouse: {url: "http://127.0.0.1:{{.Ports.ClickHouse}}", embedded: {{ne .Without "clickhouse"}}}
load: {listen: "127.0.0.1:{{.Ports.Load}}"}
http:
  listen: 127.0.0.1:{{.Ports.HTTP}}
  public_url: http://127.0.0.1:{{.Ports.HTTP}}
  users: [{name: boss, role: supervisor, password_hash_env: BOSS{{if .Sue}}, phone: sue{{end}}}, {name: adam, role: admin, password_hash_env: BOSS}]
`

func (p *product) writeConfig(file, sections, without string) string {
	p.t.Helper()
	var text bytes.Buffer
	view := map[string]any{"Node": p.node, "Dir": p.dir, "Ports": p.ports, "RTPEnd": p.ports.RTP + rtpPorts - 1, "Without": without, "Sue": strings.Contains(sections, "{id: sue,"), "TrunkTo": ""} // whose phone the boss has
	if strings.Contains(sections, "outbound:") {
		view["TrunkTo"] = fmt.Sprintf("sip:127.0.0.1:%d", p.ports.SIPp+customerPhone)
	}
	if err := template.Must(template.New("config").Parse(head)).Execute(&text, view); err != nil {
		p.t.Fatal(err)
	}
	text.WriteString(sections)
	path := filepath.Join(p.dir, file)
	p.must(os.WriteFile(path, text.Bytes(), 0o600))
	return path
}

func (p *product) setEnv() {
	p.t.Helper()
	boss, err := password.Make(testPassword)
	p.must(err)
	pin, err := password.Make(testPIN)
	p.must(err)
	p.env = append(os.Environ(), "ARI=ari-secret", "PHONE="+phoneSecret, "BOSS="+boss, "PIN="+pin, "TICKETS="+ticketSecret)
}

func (p *product) start() {
	p.t.Helper()
	p.launch()
	p.waitFor("the product to be ready", time.Minute, func() error { return p.ready(p.ports.HTTP) })
	p.waitFor("the controller to be ready", time.Minute, func() error { return p.ready(p.ports.Control) })
	p.signIn()
}

// launch starts the product and waits for nothing.
func (p *product) launch() {
	p.t.Helper()
	p.run("all")
}

// run starts one role, or all.
func (p *product) run(role string) {
	p.t.Helper()
	var err error
	p.log, err = os.OpenFile(filepath.Join(p.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	p.must(err)
	p.cmd = exec.Command(p.program, role, "--config", p.config)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.env, p.log, p.log
	p.must(p.cmd.Start())
	p.ended = make(chan error, 1)
	go func() { p.ended <- p.cmd.Wait() }()
	p.t.Cleanup(p.stop)
}

// stop drains the product and says so when that fails; a failed test keeps what the roles said.
func (p *product) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("the product ended with %v", err)
		}
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		p.t.Error("the product did not stop within a minute")
	}
	p.cmd = nil
	_ = p.log.Close()
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		p.t.Error(err)
	}
	p.tellsNobody(string(text))
	if p.t.Failed() {
		p.t.Logf("log of the product:\n%s", text[max(0, len(text)-8000):])
	}
}

// tellsNobody wants a log to name no caller's number, whatever failed.
func (p *product) tellsNobody(log string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, number := range p.numbers {
		if i := strings.Index(log, number); i >= 0 {
			p.t.Errorf("the log tells %s: …%s…", number, log[max(0, i-200):min(len(log), i+40)])
		}
	}
}

func (p *product) ready(port int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/readyz", port), nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("%s: %s", resp.Status, text)
	}
	return nil
}

// waitFor polls a condition until it holds: the thing itself is waited for, the limit only ends a broken test.
func (p *product) waitFor(what string, limit time.Duration, condition func() error) {
	p.t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("waited %s for %s: %v", limit, what, err)
		}
		<-time.After(100 * time.Millisecond)
	}
}

func (p *product) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *product) base() string { return fmt.Sprintf("http://127.0.0.1:%d", p.ports.HTTP) }

func (p *product) signIn() {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	p.must(err)
	p.client = &http.Client{Jar: jar, Timeout: 30 * time.Second}
	p.api = p.signedIn(p.client, "boss", testPassword)
}

// signedIn is a client of the API with a session of its own.
func (p *product) signedIn(by *http.Client, name, secret string) *client.Client {
	p.t.Helper()
	c, err := client.New(p.base(), client.WithHTTP(by))
	p.must(err)
	_, err = c.SignIn(context.Background(), client.SignInInputBody{Name: name, Secret: secret})
	p.must(err)
	return c
}

// act changes an agent's state as the supervisor.
func (p *product) act(agent string, action client.ControlInputBodyAction) error {
	_, err := p.api.ControlAgent(context.Background(), agent, nil, client.ControlInputBody{Action: action})
	return err
}

// call sends a request to the API as the supervisor; into takes the answer's JSON when it is not nil.
func (p *product) call(method, path string, body, into any) error {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, p.base()+"/api/v1"+path, payload)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", p.base())
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// tell sends a signed ticket event.
func (p *product) tell(event map[string]any) {
	p.t.Helper()
	body, err := json.Marshal(event)
	p.must(err)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.base()+"/api/v1/tickets/events", bytes.NewReader(body))
	p.must(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(signature.Header, signature.Sign(ticketSecret, time.Now(), body))
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	p.must(err)
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusAccepted {
		text, _ := io.ReadAll(resp.Body)
		p.t.Fatalf("ticket event: %s: %s", resp.Status, text)
	}
}

// wallboard is what tests read of the state of now.
type wallboardNow struct {
	Contacts []struct {
		ID    string `json:"id"`
		Stage string `json:"stage"`
		Entry *struct {
			QueuedAt time.Time `json:"queued_at"`
			Position int       `json:"position"`
		} `json:"entry"`
	} `json:"contacts"`
	Agents []struct {
		ID    string `json:"id"`
		State string `json:"state"`
	} `json:"agents"`
	Link bool `json:"link"`
}

// now is the controller's snapshot.
func (p *product) now() (wallboardNow, error) {
	var s wallboardNow
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/snapshot", p.ports.Control), nil)
	if err != nil {
		return s, err
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		return s, err
	}
	defer func() { _ = resp.Body.Close() }()
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// stages counts contacts by stage.
func (s wallboardNow) stages() map[string]int {
	out := map[string]int{}
	for _, c := range s.Contacts {
		out[c.Stage]++
	}
	return out
}

// logIn logs agents in and waits until they are ready.
func (p *product) logIn(agents ...string) {
	p.t.Helper()
	for _, a := range agents {
		p.waitFor(a+" to be ready", time.Minute, func() error {
			s, err := p.now()
			if err != nil {
				return err
			}
			for _, x := range s.Agents {
				if x.ID == a && x.State == "ready" {
					return nil
				}
			}
			return errors.Join(errors.New("not ready"), p.act(a, client.ControlInputBodyActionLogin))
		})
	}
}

// phones runs agents' phones until the returned function is called, which gives what each of them saw.
func (p *product) phones(agents ...sipp.Agent) func() []sipp.Result {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var mu sync.Mutex // guards all
	var all []sipp.Result
	for _, a := range agents {
		wg.Go(func() {
			results, err := a.Run(ctx)
			if err != nil && ctx.Err() == nil {
				p.t.Errorf("phone of %s: %v", a.Name, err)
			}
			mu.Lock()
			all = append(all, results...)
			mu.Unlock()
		})
	}
	done := sync.OnceFunc(func() { cancel(); wg.Wait() })
	p.t.Cleanup(done)
	return func() []sipp.Result { done(); return all }
}

// agent is the phone of an agent of the test's configuration; n counts from 0.
func (p *product) agent(n int, name, user string, acts ...sipp.Act) sipp.Agent {
	return sipp.Agent{
		Phone: sipp.Phone{Remote: p.sip(), Port: p.ports.SIPp + n, MediaPort: p.ports.Media + n*phoneMedia, Speech: time.Minute},
		Name:  name, User: user, Secret: phoneSecret, Acts: acts,
	}
}

// customerPhone is the place of the customer's phone among the phones: behind the agents'.
const customerPhone = 20

// customer is the phone to which all calls to numbers outside go, where the configuration allows any.
func (p *product) customer(acts ...sipp.Act) sipp.Agent {
	a := p.agent(customerPhone, "customer", "customer", acts...)
	a.Secret = "" // the trunk leads to it: it doesn't register
	return a
}

// callers is a batch of calls; n counts batches from 0. Only the first may be large.
func (p *product) callers(n int, calls ...sipp.Call) sipp.Callers {
	p.mu.Lock()
	for _, c := range calls {
		if len(c.Number) > len("300") { // no phone inside
			p.numbers = append(p.numbers, c.Number)
		}
	}
	p.mu.Unlock()
	media := p.ports.Media + (customerPhone+1)*phoneMedia
	if n > 0 {
		media += largeMedia + (n-1)*smallMedia
	}
	return sipp.Callers{Phone: sipp.Phone{Remote: p.sip(), Port: p.ports.SIPp + 50 + n, MediaPort: media, Speech: time.Minute}, Calls: calls}
}

func (p *product) sip() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.ports.SIP)) }

// killRole kills a role with SIGKILL and returns its process id.
func (p *product) killRole(role string) int {
	p.t.Helper()
	pid := p.roleID(role)
	p.must(syscall.Kill(pid, syscall.SIGKILL))
	return pid
}

// roleID finds a role's process among the parent's children.
func (p *product) roleID(role string) int {
	p.t.Helper()
	found := 0
	p.waitFor("the process of "+role, time.Minute, func() error {
		entries, err := os.ReadDir("/proc")
		if err != nil {
			return err
		}
		for _, e := range entries {
			pid, err := strconv.Atoi(e.Name())
			if err != nil {
				continue
			}
			line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
			if err != nil {
				continue // ended meanwhile
			}
			words := strings.Split(string(line), "\x00")
			if len(words) > 3 && words[1] == role && words[3] == p.config {
				found = pid
				return nil
			}
		}
		return errors.New("no such process")
	})
	return found
}

// A product's block of ports: SIP, the phones' SIP, Asterisk's RTP, and the phones': of each agent, of the first batch of callers
// and of the others. What is above a block's last port is the next one's.
const (
	firstBlock, blockPorts, blocks = 10_000, 5_000, 4
	rtpPorts                       = 400
	phoneMedia                     = 100
	largeMedia, smallMedia         = 1200, 50
)

// freePorts are ports nobody listens on, below the range the system hands out, so that nothing else takes one of them meanwhile.
func freePorts(t *testing.T) ports {
	t.Helper()
	var p ports
	for _, port := range []*int{&p.ARI, &p.WS, &p.Control, &p.Kafka, &p.ClickHouse, &p.HTTP, &p.Load} {
		*port = nodetest.TCP(t)
	}
	block := leaseBlock(t)
	p.SIP, p.SIPp, p.RTP, p.Media = block, block+100, block+1000, block+1000+rtpPorts
	return p
}

// leaseBlock is a block that no other test has, of this run or of another one on this machine: who listens on its last port has it.
func leaseBlock(t *testing.T) int {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
		for n := range blocks {
			block := firstBlock + n*blockPorts
			lease, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", block+blockPorts-1))
			if err == nil {
				t.Cleanup(func() { _ = lease.Close() })
				return block
			}
		}
	}
	t.Fatal("other tests have all blocks of ports")
	return 0
}

func params(values map[string]string) string {
	q := url.Values{}
	for k, v := range values {
		q.Set(k, v)
	}
	return "?" + q.Encode()
}
