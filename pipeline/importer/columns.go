package importer

import (
	"slices"
	"strconv"
	"strings"

	"firstline/pipeline/history"
)

// Columns reads the names of columns, as a list or a first line gives them. Those that databases and exports use are understood,
// and those of the line fields in cel_custom.conf.
func (f Form) Columns(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		name, _, _ = strings.Cut(name, "(")
		name = strings.ToLower(strings.Trim(strings.TrimPrefix(name, "\ufeff"), "`\"' \r\n"))
		bare := strings.ReplaceAll(name, "_", "")
		if other, ok := f.others()[bare]; ok {
			name = other
		} else if f == FormCEL {
			name = bare
		}
		out[i] = name
	}
	return out
}

// others are the names that others use.
func (f Form) others() map[string]string {
	if f == FormCEL {
		return map[string]string{
			"name": "cidname", "callername": "cidname", "num": "cidnum", "callernum": "cidnum", "dnid": "ciddnid", "channelname": "channame",
			"channel": "channame", "extra": "eventextra", "time": "eventtime", "event": "eventtype", "usereventname": "userdeftype",
		}
	}
	return map[string]string{
		"calldate": "start", "starttime": "start", "answertime": "answer", "answerdate": "answer", "endtime": "end", "enddate": "end",
		"source": "src", "destination": "dst", "destinationcontext": "dcontext", "callerid": "clid", "destinationchannel": "dstchannel",
		"lastapplication": "lastapp", "billableseconds": "billsec", "accountid": "accountcode",
	}
}

// Missing is the first column that rows can't do without and that is not there; "" = none.
func (f Form) Missing(names []string) string {
	needed := []string{"start", "channel", "dstchannel", "disposition"}
	if f == FormCEL {
		needed = []string{"eventtype", "eventtime", "channame", "uniqueid", "linkedid"}
	}
	for _, name := range needed {
		if !slices.Contains(names, name) {
			return name
		}
	}
	if f == FormCDR && !slices.Contains(names, "end") && !slices.Contains(names, "duration") {
		return "end"
	}
	return ""
}

// exported are the columns that an export should have.
func (f Form) exported() string {
	if f == FormCEL {
		return "eventtype, eventtime, cidname, cidnum, ciddnid, exten, context, channame, appname, uniqueid, linkedid, userdeftype, eventextra"
	}
	return "start, answer, end, src, dst, dcontext, clid, channel, dstchannel, lastapp, duration, billsec, disposition, uniqueid, linkedid"
}

// isHead tells whether a first line names the columns.
func (f Form) isHead(names []string) bool {
	if f == FormCEL {
		return slices.Contains(names, "eventtype") || slices.Contains(names, "channame")
	}
	return slices.Contains(names, "channel") || slices.Contains(names, "disposition")
}

// usual is the order of a row whose columns nobody named; nil = none that Asterisk comes with.
func (f Form) usual(fields []string) []string {
	if f == FormCEL {
		return usualCEL(fields)
	}
	return usualCDR(fields)
}

// usualCEL is the order of the example in cel_custom.conf.
func usualCEL(fields []string) []string {
	order := []string{
		"eventtype", "eventtime", "cidname", "cidnum", "cidani", "cidrdnis", "ciddnid", "exten", "context", "channame", "appname", "appdata",
		"amaflags", "accountcode", "uniqueid", "linkedid", "bridgepeer", "userfield", "userdeftype", "eventextra",
	}
	if len(fields) != len(order) {
		return nil
	}
	seconds, _, _ := strings.Cut(fields[1], ".")
	if _, err := strconv.ParseInt(seconds, 10, 64); err != nil && !isLocal(fields[1]) {
		return nil
	}
	return order
}

// usualCDR is cdr_csv's order, with what cdr.conf adds to it, or that of the example in cdr_custom.conf. They differ in where the
// account code stands, and so in where the times do.
func usualCDR(fields []string) []string {
	csvOrder := []string{
		"accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end", "duration",
		"billsec", "disposition", "amaflags",
	}
	custom := []string{
		"clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end", "duration", "billsec",
		"disposition", "amaflags", "accountcode", "uniqueid", "userfield", "sequence",
	}
	n := len(fields)
	switch {
	case n >= 15 && n <= len(custom) && isLocal(fields[8]) && isLocal(fields[10]):
		return custom[:n]
	case n < len(csvOrder) || !isLocal(fields[9]) || !isLocal(fields[11]):
		return nil
	}
	more := map[int][]string{
		16: nil, 18: {"uniqueid", "userfield"}, 19: {"peeraccount", "linkedid", "sequence"},
		21: {"uniqueid", "userfield", "peeraccount", "linkedid", "sequence"},
		17: {"userfield"}, 20: {"userfield", "peeraccount", "linkedid", "sequence"},
	}
	if (n == 17 || n == 20) && history.IsUniqueID(fields[16]) {
		more[17], more[20] = []string{"uniqueid"}, []string{"uniqueid", "peeraccount", "linkedid", "sequence"}
	}
	added, known := more[n]
	if !known {
		return nil
	}
	return append(csvOrder, added...)
}
