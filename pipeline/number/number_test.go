package number

import (
	"strings"
	"testing"
)

func TestForm(t *testing.T) {
	for _, c := range []struct{ region, number, want string }{
		{"DE", "030 12 34 56", "+4930123456"},
		{"DE", "030/123-456", "+4930123456"},
		{"DE", "+49 (0)30 123456", "+4930123456"},
		{"DE", "004930123456", "+4930123456"},
		{"DE", "4930123456", "+4930123456"}, // as some trunks give it
		{"DE", "+4930123456", "+4930123456"},
		{"DE", "0151 12345678", "+4915112345678"},
		{"DE", "+442079460000", "+442079460000"},
		{"GB", "020 7946 0000", "+442079460000"},
		{"US", "2025550123", "+12025550123"},
		{"RU", "8 916 123-45-67", "+79161234567"},
		{"DE", "", ""},
		{"DE", "101", "101"},
		{"DE", "1001", "1001"},
		{"DE", "230110", "230110"}, // could be one of Holzwickede, too: without its 0 it is an extension
		{"DE", "110", "110"},
		{"DE", "*11", "*11"},
		{"DE", "alice", "alice"},
		{"US", "1800FLOWERS", "1800FLOWERS"},
		{"DE", "+999123456789", "+999123456789"},
		{"DE", "+49", "+49"},
		{"DE", "anonymous", ""},
		{"", "Anonymous", ""},
		{"", "030 123456", "030 123456"},
		{"", "+49 30 123456", "+49 30 123456"},
	} {
		if got := (Config{Region: c.region}).Form().Of(c.number); got != c.want {
			t.Errorf("%q in %q is %q, want %q", c.number, c.region, got, c.want)
		}
	}
}

// TestWritten: within the country only where it is the form's own: at home another caller may have these digits.
func TestWritten(t *testing.T) {
	for _, c := range []struct{ region, number, want string }{
		{"DE", "030 123456", "030 123456, +4930123456, 004930123456, 030 123456"},
		{"DE", "+4930123456", "+4930123456, +4930123456, 004930123456, 030 123456"},
		{"DE", "+442079460000", "+442079460000, +442079460000, 00442079460000"},
		{"", "+4930123456", "+4930123456"},
		{"DE", "101", "101"},
		{"DE", "greta", "greta"},
	} {
		if got := strings.Join((Config{Region: c.region}).Form().Written(c.number), ", "); got != c.want {
			t.Errorf("%q in %q: %s", c.number, c.region, got)
		}
	}
}

func TestValidate(t *testing.T) {
	for region, mend := range map[string]string{"": "", "DE": "", "de": "write DE", "Germany": "for example DE", "XX": "for example DE"} {
		problems := Config{Region: region}.Validate()
		if (mend == "") != (len(problems) == 0) || mend != "" && !strings.Contains(problems[0].Mend, mend) {
			t.Errorf("%q: %+v", region, problems)
		}
	}
}

// A form is one form: what is in it stays, whatever comes.
func FuzzForm(f *testing.F) {
	f.Add("DE", "030 123456")
	f.Add("US", "+1 (202) 555-0123")
	f.Add("RU", "anonymous")
	f.Add("IT", "06 1234567")
	f.Fuzz(func(t *testing.T, region, number string) {
		c := Config{Region: region}
		if len(c.Validate()) > 0 {
			return
		}
		once := c.Form().Of(number)
		if twice := c.Form().Of(once); twice != once {
			t.Errorf("%q in %s is %q, then %q", number, region, once, twice)
		}
	})
}
