package node

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"text/template"

	"firstline/deploy"
)

// Render returns Asterisk's configuration files for c by name: "pjsip.conf" → content. c must be valid.
func Render(c Config) (map[string][]byte, error) {
	c = c.withDefaults()
	templates, err := template.New("").Option("missingkey=error").ParseFS(deploy.Asterisk, "asterisk/*.conf")
	if err != nil {
		return nil, fmt.Errorf("parse the shipped asterisk configuration: %w", err)
	}
	names, err := fs.Glob(deploy.Asterisk, "asterisk/*.conf")
	if err != nil {
		return nil, fmt.Errorf("list the shipped asterisk configuration: %w", err)
	}
	files := make(map[string][]byte, len(names))
	data := newView(c)
	for _, path := range names {
		name := strings.TrimPrefix(path, "asterisk/")
		var out bytes.Buffer
		if err := templates.ExecuteTemplate(&out, name, data); err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		out.WriteString(c.Extra[name])
		files[name] = out.Bytes()
	}
	for name, content := range c.Extra {
		if files[name] == nil {
			files[name] = []byte(content)
		}
	}
	return files, nil
}

// view is what the templates see.
type view struct {
	Config
	FallbackPrefix string
	MediaAddress   string      // address to put into SDP; empty = Asterisk finds it
	Music          []string    // music classes other than default
	Endpoints      []viewPhone // every phone
	Fallback       []viewQueue
}

type viewPhone struct {
	User, Name, Secret, Contact string
	Registers                   bool
}

type viewQueue struct {
	ID, Music string
	Members   []string // their endpoints
}

func newView(c Config) view {
	v := view{Config: c, FallbackPrefix: FallbackPrefix}
	if a, err := netip.ParseAddr(c.Bind); err == nil && !a.IsUnspecified() {
		v.MediaAddress = c.Bind
	}
	for _, a := range c.Agents {
		v.Endpoints = append(v.Endpoints, viewPhone{User: user(a), Name: nameOr(a.Name, a.ID), Secret: a.Secret,
			Contact: a.Contact, Registers: a.Contact == ""})
	}
	for _, p := range c.Phones {
		v.Endpoints = append(v.Endpoints, viewPhone{User: p.User, Name: nameOr(p.Name, p.User), Secret: p.Secret, Registers: true})
	}
	for _, q := range c.Queues {
		music := nameOr(q.Music, "default")
		if music != "default" && !slices.Contains(v.Music, music) {
			v.Music = append(v.Music, music)
		}
		line := viewQueue{ID: q.ID, Music: music}
		for _, a := range c.Agents {
			if slices.Contains(a.Queues, q.ID) {
				line.Members = append(line.Members, a.Endpoint)
			}
		}
		for _, p := range c.Phones {
			if slices.Contains(p.Queues, q.ID) {
				line.Members = append(line.Members, "PJSIP/"+p.User)
			}
		}
		v.Fallback = append(v.Fallback, line)
	}
	return v
}

func user(a Agent) string { return strings.TrimPrefix(a.Endpoint, "PJSIP/") }

func nameOr(name, other string) string {
	if name == "" {
		return other
	}
	return name
}
