package callcenter

import (
	"fmt"
	"slices"
	"strings"
)

func (v *validator) entries() {
	if len(v.plan.Entries) == 0 {
		v.add("entries", "no number is answered", `write at least one, for example {number: "*", flow: main}`)
	}
	sets := make([]callers, len(v.plan.Entries))
	for i, e := range v.plan.Entries {
		at := fmt.Sprintf("entries.%d.", i)
		if e.Number == "" {
			v.add(at+"number", "the number is missing", `write the number that is dialled, or "*" for any`)
		}
		v.leadsTo(at, e)
		v.version(at, e)
		sets[i] = newCallers(e)
		if v.patterns(at, e.Callers) {
			v.reached(at, i, sets)
		}
	}
}

// leadsTo checks that an entry does one thing.
func (v *validator) leadsTo(at string, e Entry) {
	flows := make([]string, len(v.plan.Flows))
	for i, f := range v.plan.Flows {
		flows[i] = f.ID
	}
	switch {
	case e.Reject && e.Flow != "":
		v.add(at+"flow", "the entry rejects, so nobody comes into a flow", "keep one of flow and reject")
	case !e.Reject && !slices.Contains(flows, e.Flow):
		v.add(at+"flow", fmt.Sprintf("flow %q is not defined", e.Flow), "define it under ivr, or name one of "+strings.Join(flows, ", "))
	}
}

// version checks the share and the time of an entry.
func (v *validator) version(at string, e Entry) {
	if e.Share < 0 || e.Share > whole {
		v.add(at+"share", fmt.Sprintf("%d percent of the callers are no share", e.Share), "write 1 to 100, or leave it out for all")
	}
	if !e.Until.IsZero() && !e.From.Before(e.Until) {
		v.add(at+"until", "the entry ends before it begins", "write an instant after from")
	}
}

// numberLetters are what numbers have that networks give: digits and a +, or names of SIP users.
const numberLetters = "0123456789+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._@"

// patterns checks the patterns one by one, and tells whether all are right.
func (v *validator) patterns(at string, list []string) bool {
	right := true
	for k, p := range list {
		var message string
		mend := `write a number, its beginning with * behind it, or withheld; as numbers come: "+49301234"`
		switch prefix := strings.TrimSuffix(p, manyMore); {
		case p == "":
			message = "a caller's number is empty"
		case p == manyMore:
			message, mend = `"*" is every caller`, "leave callers out"
		case strings.Trim(prefix, numberLetters) != "":
			message = fmt.Sprintf("no number fits %q", p)
		default:
			continue
		}
		right = false
		v.add(fmt.Sprintf("%scallers.%d", at, k), message, mend)
	}
	return right
}

// reached checks that callers can come to entry i: none of them is met by an entry before it. Within a list a number may
// stand twice, that does no harm.
func (v *validator) reached(at string, i int, sets []callers) {
	e := v.plan.Entries[i]
	for j, before := range v.plan.Entries[:i] {
		if !before.fits(e.Number) || !before.every() {
			continue
		}
		if before.anybody() {
			v.add(strings.TrimSuffix(at, "."), fmt.Sprintf("nobody comes to this entry: %s, which stands before it, has every call to %s", entryName(j), numberName(before)),
				"move it before that one, or take one of the two out")
			return
		}
		if k := slices.IndexFunc(e.Callers, sets[j].covers); k >= 0 {
			v.add(fmt.Sprintf("%scallers.%d", at, k), fmt.Sprintf("%q is met by %s, which stands before this one", e.Callers[k], entryName(j)),
				"take it out of one of the two, or move this entry before that one")
		}
	}
}

// entryName is an entry by its place, as people count.
func entryName(i int) string { return fmt.Sprintf("entry %d", i+1) }

func numberName(e Entry) string {
	if e.Number == anyNumber {
		return "any number"
	}
	return e.Number
}
