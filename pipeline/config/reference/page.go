package reference

import (
	"fmt"
	"iter"
	"strings"
)

const head = `# Configuration reference

<!-- Generated from the packages' configuration structs: deploy/scripts/generate -->

Every key of ` + "`firstline.yaml`" + `. All roles read the one file; each key that is left out has its default.
[deploy/firstline.yaml](../deploy/firstline.yaml) is a whole one, ` + "`firstline check`" + ` names file, line and mend of each mistake,
` + "`firstline dump`" + ` prints what is in force.

- Durations have a unit: ` + "`20s`, `2m`, `1h30m`, `0s`" + `.
- Dialled numbers, codes and keys of a menu are texts: write them in quotes.
- Secrets never stand in the file: keys that end in ` + "`_env`" + ` name a variable of the environment, those in ` + "`_file`" + ` a file.
- ` + "`[]`" + ` in a key stands for each item of a list, ` + "`<name>`" + ` for each name in a mapping.
- Editors complete and check the file by the JSON Schema [firstline.schema.json](firstline.schema.json): the first line of
  deploy/firstline.yaml names it.

How it is used: [queues and agents](queues.md), [IVR](ivr.md), [ticket system](tickets.md), [Asterisk](operate-asterisk.md).
`

// Page is docs/configuration.md.
func (r *Reference) Page() []byte {
	var out strings.Builder
	out.WriteString(head)
	out.WriteString("\n## Top level\n")
	table(&out, func(yield func(string, *key) bool) {
		for _, k := range r.file.keys {
			if !deep(k) && !yield(k.name, k) {
				return
			}
		}
	})
	for _, section := range r.file.keys {
		if !deep(section) {
			continue
		}
		fmt.Fprintf(&out, "\n## `%s`\n", section.name)
		if section.says != "" {
			fmt.Fprintf(&out, "\n%s.\n", strings.ToUpper(section.says[:1])+section.says[1:])
		}
		if section.item != nil && section.item.short {
			fmt.Fprintf(&out, "An item may also be written as a text alone, which is its `%s`.\n", section.item.keys[0].name)
		}
		table(&out, under(section, ""))
	}
	return []byte(out.String())
}

func table(out *strings.Builder, keys iter.Seq2[string, *key]) {
	out.WriteString("\n| key | is | default | says |\n|---|---|---|---|\n")
	for path, k := range keys {
		says := k.says
		if k.choices != nil {
			says += ": `" + strings.Join(k.choices, "`, `") + "`"
		}
		fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", path, is(k), standard(k), strings.ReplaceAll(says, "|", `\|`))
	}
}

// is names what is written behind the key.
func is(k *key) string {
	switch {
	case k.kind == object || k.item == nil:
		return string(k.kind)
	case k.item.kind == object:
		return string(k.kind)
	case k.kind == mapping:
		return "mapping to " + string(k.item.kind)
	default:
		return "list of " + string(k.item.kind) + "s"
	}
}

func standard(k *key) string {
	switch v := k.standard.(type) {
	case nil:
		return ""
	case []string:
		return "`[" + strings.Join(v, ", ") + "]`"
	case string:
		if v == "" {
			return ""
		}
		return "`" + v + "`"
	default:
		return fmt.Sprintf("`%v`", v)
	}
}

// deep says whether a key has a table of its own.
func deep(k *key) bool {
	return k.kind == object || k.item != nil && deep(k.item)
}

// under walks the keys below one, by their paths within it.
func under(k *key, prefix string) iter.Seq2[string, *key] {
	return func(yield func(string, *key) bool) { walk(k, prefix, yield) }
}

func walk(k *key, prefix string, yield func(string, *key) bool) bool {
	if k.item != nil && deep(k.item) {
		within := "[]."
		if k.kind == mapping {
			within = ".<name>."
		}
		return walk(k.item, strings.TrimSuffix(prefix, ".")+within, yield)
	}
	for _, k := range k.keys {
		path := prefix + k.name
		if !yield(path, k) || deep(k) && !walk(k, path+".", yield) {
			return false
		}
	}
	return true
}

// all walks every key of the file.
func (r *Reference) all() iter.Seq2[string, *key] {
	return func(yield func(string, *key) bool) {
		for _, k := range r.file.keys {
			if !yield(k.name, k) || !walk(k, k.name+".", yield) {
				return
			}
		}
	}
}
