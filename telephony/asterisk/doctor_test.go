package asterisk

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/telephony/asterisk/node"
	"firstline/telephony/callcenter"
)

func TestDoctorFindsTheShippedConfigurationFit(t *testing.T) {
	w := newWorld(t, func(c *node.Config) { c.Queues = append(c.Queues, node.Queue{ID: "sales", Music: "soft"}) })
	w.run()
	place := Place{Root: w.cfg.Root, ConfigDir: "/srv/firstline/" + w.cfg.Name + "/etc", Node: w.cfg.Name,
		Heard: []callcenter.Heard{{Language: "en_GB", Media: []string{"sound:hello-world"}}, {Language: "ru", Media: []string{"sound:hello-world", "sound:digits/1", "digits:42"}}},
		Music: []string{"default", "soft"}, Headers: true, Records: true, Announces: true}
	names := map[string]bool{}
	for _, c := range Doctor(context.Background(), w.own, "secret", place) {
		names[c.Name] = true
		if !c.OK || c.Detail == "" || c.Mend != "" {
			t.Errorf("%+v", c)
		}
	}
	for _, name := range []string{"asterisk answers", "asterisk's version", "asterisk's clock", "asterisk's systemname", "websocket to the controller", "dialplan",
		"overload trigger", "host name", "http session limit", "music class soft", "sounds in ru", "phones that answer by themselves", "phones that transfer", "recordings"} {
		if !names[name] {
			t.Errorf("%s was not looked at", name)
		}
	}
	place.Heard[0].Media = append(place.Heard[0].Media, "sound:no-such-file")
	place.Heard[1].Language, place.Music, place.Node = "xx", []string{"loud"}, "other"
	wrong := map[string]string{}
	for _, c := range Doctor(context.Background(), w.own, "secret", place) {
		if !c.OK {
			wrong[c.Name] = c.Detail
			if c.Mend == "" {
				t.Errorf("no mend: %+v", c)
			}
		}
	}
	for name, part := range map[string]string{"sounds in en_GB": "no-such-file", "sounds in xx": "hello-world", "music class loud": "class", "asterisk's systemname": "other"} {
		if !strings.Contains(wrong[name], part) {
			t.Errorf("%s: %q", name, wrong[name])
		}
	}
	if len(wrong) != 4 {
		t.Errorf("wrong: %v", wrong)
	}
}

// TestDoctorComparesClocks: Asterisk tells whole seconds, and yet little more than one second is found.
func TestDoctorComparesClocks(t *testing.T) {
	for _, c := range []struct {
		ahead time.Duration
		wrong string
	}{
		{0, ""},
		{900 * time.Millisecond, ""},
		{-900 * time.Millisecond, ""},
		{1300 * time.Millisecond, "ahead of this machine's"},
		{-1300 * time.Millisecond, "behind this machine's"},
		{30 * time.Second, "at least 29.9s ahead of this machine's"},
		{-30 * time.Second, "at least 29.8s behind this machine's"},
	} {
		synctest.Test(t, func(t *testing.T) {
			<-time.After(50 * time.Millisecond) // seconds don't begin when the doctor asks
			d := clockedDoctor(func(h http.Header) { h.Set("Date", time.Now().Add(c.ahead).UTC().Format(http.TimeFormat)) })
			d.clock(t.Context())
			found := d.found[0]
			if found.OK != (c.wrong == "") || !strings.Contains(found.Detail, c.wrong) || found.OK != (found.Mend == "") {
				t.Errorf("%v ahead: %+v", c.ahead, found)
			}
		})
	}
}

func TestDoctorNamesAnAnswerWithoutTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := clockedDoctor(func(http.Header) {})
		d.clock(t.Context())
		if found := d.found[0]; found.OK || !strings.Contains(found.Detail, "Date") {
			t.Errorf("%+v", found)
		}
	})
}

// clockedDoctor asks an Asterisk that answers at once with what header sets.
func clockedDoctor(header func(http.Header)) *doctor {
	r := newREST(DefaultConfig(), "secret", newMetrics(prometheus.NewRegistry()))
	r.client.Transport = answerer(func(*http.Request) (*http.Response, error) {
		answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}
		header(answer.Header)
		return answer, nil
	})
	return &doctor{rest: r}
}

type answerer func(*http.Request) (*http.Response, error)

func (a answerer) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

func TestDoctorWithoutAsterisk(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"etc/hosts":                     "127.0.0.1 localhost\n",
		"etc/asterisk/http.conf":        "[general]\nenabled=yes ;sessionlimit=1000\n",
		"etc/asterisk/musiconhold.conf": "[default]\nmode=files\ndirectory => /music\n",
		"music/.keep":                   "",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(name) == ".keep" {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := DefaultConfig()
	cfg.URL = "http://127.0.0.1:1/ari"
	checks := Doctor(context.Background(), cfg, "secret", Place{Root: root, ConfigDir: "/etc/asterisk"})
	var names []string
	for _, c := range checks {
		names = append(names, c.Name)
		if c.OK || c.Mend == "" {
			t.Errorf("%+v", c)
		}
	}
	if got := strings.Join(names, ", "); got != "asterisk answers, host name, http session limit, music class default" {
		t.Errorf("looked at %s", got)
	}
}
