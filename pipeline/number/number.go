// Package number brings telephone numbers into one form, E.164 ("+4930123456"), so that one caller is one number wherever
// numbers are compared: in menus, look-ups, lists of callers and searches.
//
// telephony/asterisk does it to every number that comes from the network, before the core sees it; telephony/tickets,
// analytics/api and cmd/firstline do it to what people wrote. It knows numbers only by the numbering plans that
// github.com/nyaruka/phonenumbers carries, keeps nothing and does no I/O.
package number

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"firstline/pipeline/problem"
)

// Config is the section `callers`.
type Config struct {
	Region string `yaml:"region"` // country whose numbers come without their country code, as DE; numbers become +4930…; empty = they stay as the network gives them
}

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	if c.Region == "" || phonenumbers.GetCountryCodeForRegion(c.Region) != 0 {
		return nil
	}
	mend := "write the two letters of ISO 3166, for example DE, or leave it empty"
	if upper := strings.ToUpper(c.Region); phonenumbers.GetCountryCodeForRegion(upper) != 0 {
		mend = "write " + upper
	}
	return []problem.Problem{{Path: "region", Message: "no country " + c.Region + " has telephone numbers", Mend: mend}}
}

// Form is the form that the section asks for.
func (c Config) Form() Form { return Form{c.Region} }

// Form brings numbers into one form. The zero Form leaves them as they are.
type Form struct{ region string }

// One tells whether there is one form: numbers of the network are E.164 where they can be.
func (f Form) One() bool { return f.region != "" }

// Written are the ways in which networks may have given a number: as it is written here first, then in the form, with 00 for the plus,
// and as it is dialled within its country where that is the form's own. For finding what was recorded before the form was set.
func (f Form) Written(number string) []string {
	out := []string{number}
	of := f.Of(number)
	if !f.One() || !strings.HasPrefix(of, "+") {
		return out
	}
	out = append(out, of, "00"+of[1:])
	if parsed, err := phonenumbers.Parse(of, f.region); err == nil && phonenumbers.GetRegionCodeForNumber(parsed) == f.region {
		out = append(out, phonenumbers.Format(parsed, phonenumbers.NATIONAL))
	}
	return out
}

// shortest is how many digits make a number of the network where no + stands before them; fewer are an extension of the house.
const shortest = 7

// Of is a number in the form. What is no number of a network stays as it is: names, extensions, digits that no numbering
// plan has. What networks write for a number that is withheld becomes "", whatever the form.
func (f Form) Of(number string) string {
	if withheld(number) {
		return ""
	}
	if !f.One() || !dialable(number) {
		return number
	}
	international := strings.HasPrefix(strings.TrimSpace(number), "+")
	if !international && digits(number) < shortest {
		return number
	}
	parsed, err := phonenumbers.Parse(number, f.region)
	if err != nil {
		return number
	}
	// With its country code a number may be newer than our numbering plans; without, only they tell it from an extension.
	if international && !phonenumbers.IsPossibleNumber(parsed) || !international && !phonenumbers.IsValidNumber(parsed) {
		return number
	}
	return phonenumbers.Format(parsed, phonenumbers.E164)
}

// withheld tells whether a network writes so in place of a number (RFC 3323 has anonymous, 3GPP TS 24.607 unavailable).
func withheld(number string) bool {
	return slices.Contains([]string{"anonymous", "unavailable", "restricted", "unknown"}, strings.ToLower(number))
}

// dialable tells whether a text has only what numbers are written with.
func dialable(number string) bool { return strings.Trim(number, "0123456789+ -/().") == "" }

func digits(number string) int {
	n := 0
	for _, r := range number {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}
