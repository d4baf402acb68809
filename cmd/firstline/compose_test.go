package main

import (
	"encoding/xml"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	"firstline/telephony/asterisk/node"
)

const deployDir = "../../deploy/"

// composeSecret is what an operator writes between the quotes of compose.env: it looks like a hash, dollar signs included.
const composeSecret = `$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA`

// composed is deploy/compose.yaml as Docker Compose reads it, with compose.env made from the example.
func composed(t *testing.T) (*types.Project, *settings) {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{"compose.yaml": "compose.yaml", "compose.env.example": "compose.env"} {
		text := strings.ReplaceAll(read(t, deployDir+from), "=''\n", "='"+composeSecret+"'\n")
		if err := os.WriteFile(filepath.Join(dir, to), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	options, err := cli.NewProjectOptions([]string{filepath.Join(dir, "compose.yaml")}, cli.WithEnvFiles(filepath.Join(dir, "compose.env")), cli.WithDotEnv)
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, mistakes := readSettings(deployDir + "compose.firstline.yaml")
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return project, s
}

// ours are the services that run the product's binary.
func ours(project *types.Project) map[string]types.ServiceConfig {
	out := map[string]types.ServiceConfig{}
	for name, service := range project.Services {
		if service.Build != nil {
			out[name] = service
		}
	}
	return out
}

func mounted(service types.ServiceConfig, target string) string {
	for _, v := range service.Volumes {
		if v.Target == target {
			return v.Source
		}
	}
	return ""
}

// TestComposeImages: every image is one version, and the engines' are those that the tests run against.
func TestComposeImages(t *testing.T) {
	project, _ := composed(t)
	exact := regexp.MustCompile(`^[^:]+:\d+\.\d+\.\d+$`)
	for name, service := range project.Services {
		if !exact.MatchString(service.Image) {
			t.Errorf("%s: image %q has no exact tag", name, service.Image)
		}
		if _, tag, _ := strings.Cut(service.Image, ":"); service.Build != nil && tag != release {
			t.Errorf("%s: image %q, the tree is %s", name, service.Image, release)
		}
	}
	var pom struct {
		Dependencies []struct {
			ID      string `xml:"artifactId"`
			Version string `xml:"version"`
		} `xml:"dependencies>dependency"`
	}
	if err := xml.Unmarshal([]byte(read(t, deployDir+"kafka/pom.xml")), &pom); err != nil {
		t.Fatal(err)
	}
	if kafka := pom.Dependencies[0]; kafka.ID != "kafka_2.13" || project.Services["kafka"].Image != "apache/kafka:"+kafka.Version {
		t.Errorf("the tests' Kafka is %s %s, Compose has %s", kafka.ID, kafka.Version, project.Services["kafka"].Image)
	}
	chdb := match(t, read(t, deployDir+"scripts/setup"), `chdb_version=(\d+\.\d+\.\d+)`)
	if image := project.Services["clickhouse"].Image; image != "clickhouse/clickhouse-server:"+chdb {
		t.Errorf("the tests' ClickHouse engine is %s, Compose has %s", chdb, image)
	}
}

// TestComposeRoles: the roles that a site of several hosts runs, each with the one data folder.
func TestComposeRoles(t *testing.T) {
	project, s := composed(t)
	services := ours(project)
	for _, role := range []string{"asterisk", "controller", "load", "api"} {
		if command := services[role].Command; len(command) != 1 || command[0] != role {
			t.Errorf("%s: runs %v", role, command)
		}
	}
	if len(services) != 4 || s.Kafka.Embedded || s.Engine.Embedded {
		t.Errorf("%d services; embedded broker %v, embedded engine %v", len(services), s.Kafka.Embedded, s.Engine.Embedded)
	}
	for _, role := range []string{"controller", "load", "api"} {
		if mounted(services[role], s.Root.Data) == "" {
			t.Errorf("%s: nothing is mounted at data: %s", role, s.Root.Data)
		}
	}
	for name, service := range project.Services {
		if service.NetworkMode != "host" { // the configuration's addresses are all on loopback
			t.Errorf("%s is in network %q", name, service.NetworkMode)
		}
	}
}

// TestComposeQueueLog: the controller finds Asterisk's queue_log where Asterisk writes it, and may read it.
func TestComposeQueueLog(t *testing.T) {
	project, s := composed(t)
	cfg := node.DefaultConfig() // in the container Asterisk is the system's own: root "/"
	cfg.Name, cfg.Password, cfg.Queues = s.Plan.Node, "x", []node.Queue{{ID: "support"}}
	n, err := node.New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	folder := path.Dir(path.Dir(path.Dir(n.QueueLog())))
	asterisk, controller := project.Services["asterisk"], project.Services["controller"]
	if source := mounted(asterisk, folder); source == "" || source != mounted(controller, folder) {
		t.Errorf("%s is %q to asterisk and %q to the controller", folder, source, mounted(controller, folder))
	}
	// With embedded: true the controller looks for the installed Asterisk to know the path: it needs the same image.
	if s.Node.Embedded && controller.Image != asterisk.Image {
		t.Errorf("asterisk.embedded is true and the controller runs from %s", controller.Image)
	}
	if controller.User != "firstline" || !slices.Contains(controller.GroupAdd, "asterisk") {
		t.Errorf("controller is user %q of %v", controller.User, controller.GroupAdd)
	}
}

// TestComposeEngines: Kafka and ClickHouse are where the configuration looks for them, and keep their data.
func TestComposeEngines(t *testing.T) {
	project, s := composed(t)
	kafka := project.Services["kafka"]
	env := func(service types.ServiceConfig, name string) string {
		if v := service.Environment[name]; v != nil {
			return *v
		}
		return ""
	}
	for _, name := range []string{"KAFKA_LISTENERS", "KAFKA_ADVERTISED_LISTENERS"} {
		if !slices.Contains(strings.Split(env(kafka, name), ","), "PLAINTEXT://"+s.Kafka.Brokers[0]) {
			t.Errorf("%s is %s, kafka.brokers %v", name, env(kafka, name), s.Kafka.Brokers)
		}
	}
	_, voter, _ := strings.Cut(env(kafka, "KAFKA_CONTROLLER_QUORUM_VOTERS"), "@")
	if !strings.HasSuffix(env(kafka, "KAFKA_LISTENERS"), "CONTROLLER://"+voter) {
		t.Errorf("listeners %s, voter %s", env(kafka, "KAFKA_LISTENERS"), voter)
	}
	if mounted(kafka, env(kafka, "KAFKA_LOG_DIRS")) == "" {
		t.Errorf("no volume at KAFKA_LOG_DIRS=%s: a new container would begin empty", env(kafka, "KAFKA_LOG_DIRS"))
	}
	clickhouse := project.Services["clickhouse"]
	if env(clickhouse, "CLICKHOUSE_USER") != s.Store.Username || env(clickhouse, "CLICKHOUSE_DB") != s.Store.Database {
		t.Errorf("ClickHouse has %v, the configuration %s, %s", clickhouse.Environment, s.Store.Username, s.Store.Database)
	}
	if s.Store.URL != "http://127.0.0.1:8123" || mounted(clickhouse, "/var/lib/clickhouse") == "" { // what the image has
		t.Errorf("clickhouse.url is %s, volumes %v", s.Store.URL, clickhouse.Volumes)
	}
	for name, service := range ours(project) {
		if password := env(service, s.Store.PasswordEnv); password != composeSecret || password != env(clickhouse, "CLICKHOUSE_PASSWORD") {
			t.Errorf("%s: its ClickHouse password is %q, ClickHouse's %q", name, password, env(clickhouse, "CLICKHOUSE_PASSWORD"))
		}
	}
	taken := map[string]string{}
	for what, address := range map[string]string{
		"asterisk.url": s.Asterisk.URL, "asterisk.listen": s.Asterisk.Listen, "controller.listen": s.Controller.Listen,
		"kafka": s.Kafka.Brokers[0], "kafka's controller": voter, "clickhouse": s.Store.URL, "http.listen": s.HTTP.Listen,
	} {
		port := match(t, address, `:(\d+)(?:/|$)`)
		if other := taken[port]; other != "" {
			t.Errorf("port %s is %s and %s", port, what, other)
		}
		taken[port] = what
	}
}

// TestComposeVariables: compose.env.example has every variable that is read, none besides, and each survives Compose.
func TestComposeVariables(t *testing.T) {
	project, _ := composed(t)
	needed := fields(read(t, deployDir+"compose.yaml"), `\$\{(\w+)`)
	needed = append(needed, fields(read(t, deployDir+"compose.firstline.yaml"), `_env: *(\w+)`)...)
	given := fields(read(t, deployDir+"compose.env.example"), `(?m)^(\w+)=''$`)
	slices.Sort(needed)
	slices.Sort(given)
	if needed = slices.Compact(needed); !slices.Equal(needed, given) {
		t.Errorf("read are\n%v\nin compose.env.example are\n%v", needed, given)
	}
	for name, service := range ours(project) {
		for _, variable := range given {
			if v := service.Environment[variable]; v == nil || *v != composeSecret {
				t.Errorf("%s: %s doesn't arrive as it was written", name, variable)
			}
		}
	}
}

// TestDockerfile: the images have what set-up installs, and the configuration where the binary looks for it.
func TestDockerfile(t *testing.T) {
	text := read(t, deployDir+"Dockerfile")
	for _, image := range fields(text, `(?m)^FROM (\S+)`) {
		if _, tag, ok := strings.Cut(image, ":"); !ok || tag == "latest" {
			t.Errorf("base image %s names no version", image)
		}
	}
	if goLine := match(t, read(t, "../../go.mod"), `(?m)^go (\d+\.\d+)`); !strings.Contains(text, "FROM golang:"+goLine+"-") {
		t.Errorf("the image is not built with Go %s of go.mod", goLine)
	}
	for _, pkg := range strings.Split(match(t, read(t, deployDir+"scripts/setup"), `--include=(\S+)`), ",") {
		if !strings.Contains(text, " "+pkg+" ") {
			t.Errorf("set-up installs %s, the image doesn't", pkg)
		}
	}
	configured := fields(text, `(?m)^ENV FIRSTLINE_CONFIG=(\S+)$`)
	for i, copied := range fields(text, `(?m)^COPY deploy/compose.firstline.yaml (\S+)$`) {
		if i >= len(configured) || copied != configured[i] {
			t.Errorf("the configuration is copied to %s, FIRSTLINE_CONFIG is %v", copied, configured)
		}
	}
	for _, sources := range fields(text, `(?m)^COPY ([^-\n][^\n]*) \S+$`) {
		for source := range strings.FieldsSeq(sources) {
			if _, err := os.Stat("../../" + source); err != nil {
				t.Error(err)
			}
		}
	}
	if users := fields(text, `useradd --system --uid (\d+) .* firstline`); len(users) != 2 || users[0] != users[1] {
		t.Errorf("the images share a volume, their users are %v", users)
	}
}

// fields are all first groups of the pattern.
func fields(text, pattern string) []string {
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

func match(t *testing.T, text, pattern string) string {
	t.Helper()
	found := fields(text, pattern)
	if len(found) == 0 {
		t.Fatalf("nothing matches %s", pattern)
	}
	return found[0]
}
