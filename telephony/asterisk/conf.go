package asterisk

import "strings"

// conf is one of Asterisk's configuration files: section → key → last value. Templates, includes and several sections of
// one name are not told apart; the doctor's questions don't need it.
type conf map[string]map[string]string

func parseConf(text string) conf {
	c := conf{}
	section := ""
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, ";")
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			section, _, _ = strings.Cut(name, "]")
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		if c[section] == nil {
			c[section] = map[string]string{}
		}
		c[section][strings.TrimSpace(key)] = strings.TrimSpace(strings.TrimPrefix(value, ">"))
	}
	return c
}

// get is the value of key in section; "" when there is none.
func (c conf) get(section, key string) string { return c[section][key] }
