package chdb

import "strings"

// parsed is what the server has to know of a statement before the engine parses it in full.
type parsed struct {
	verb   string // first word, upper case; "(" for a bracketed SELECT
	format string // of the FORMAT clause as written, "" without one

	// For an INSERT whose data follow: everything before FORMAT or VALUES, and where the data begin in the text.
	data   bool
	head   string
	dataAt int

	session bool // it leaves something behind in the connection that runs it
	from    bool // it holds the word FROM, so it may read much
}

// reads says whether the statement changes nothing.
func (p parsed) reads() bool {
	switch p.verb {
	case "SELECT", "WITH", "FROM", "(", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK":
		return true
	}
	return false
}

// long says whether the statement may be a long read. What names no table is not, such as the greeting that each client
// sends before its first insert.
func (p parsed) long() bool { return p.reads() && p.from }

// streams says whether its answer can be fetched in chunks. The engine refuses some; they run as a whole then.
func (p parsed) streams() bool {
	switch p.verb {
	case "SELECT", "WITH", "FROM", "(":
		return true
	}
	return false
}

// parse looks at words, brackets and quotes only; what it can't read it leaves to the engine.
func parse(sql string) parsed {
	lex := lexer{text: sql}
	first := lex.next()
	p := parsed{verb: strings.ToUpper(first.text)}
	switch p.verb {
	case "INSERT":
		lex.insert(&p)
	case "SET", "USE", "BEGIN", "COMMIT", "ROLLBACK":
		p.session = true
	default:
		p.from = first.is("FROM")
		lex.rest(&p, first)
	}
	return p
}

// insert finds what follows the target: FORMAT x or VALUES mean data, SELECT and others mean none.
func (l *lexer) insert(p *parsed) {
	t := l.next()
	for _, word := range []string{"INTO", "TABLE", "FUNCTION"} {
		if t.is(word) {
			t = l.next()
		}
	}
	// t is the target's first part, whatever its name; the clause comes behind it.
	for previous := t; t.kind != tokenEnd; previous = t {
		t = l.next()
		if l.depth > 0 || t.kind != tokenWord || previous.text == "." {
			continue
		}
		switch {
		case t.is("SELECT"), t.is("WITH"), t.is("FROM"), t.is("WATCH"):
			return
		case t.is("VALUES"):
			p.data, p.format, p.head, p.dataAt = true, "Values", l.text[:t.at], l.at
			return
		case t.is("FORMAT"):
			name := l.next()
			if name.kind != tokenWord {
				return
			}
			p.data, p.format, p.head, p.dataAt = true, name.text, l.text[:t.at], l.afterFormat()
			if name.is("VALUES") {
				p.format = "Values"
			}
			return
		}
	}
}

// afterFormat skips what may stand between the format's name and the data: blanks and one line break.
func (l *lexer) afterFormat() int {
	at := l.at
	for at < len(l.text) && (l.text[at] == ' ' || l.text[at] == '\t' || l.text[at] == '\r') {
		at++
	}
	if at < len(l.text) && l.text[at] == '\n' {
		at++
	}
	return at
}

// rest finds the last FORMAT clause outside brackets, whether a table is read, and whether one is temporary.
func (l *lexer) rest(p *parsed, previous token) {
	for t := l.next(); t.kind != tokenEnd; t = l.next() {
		if t.is("FROM") {
			p.from = true
		}
		if p.verb == "CREATE" && (t.is("TEMPORARY") || t.is("TEMP")) {
			p.session = true
		}
		if l.depth == 0 && previous.is("FORMAT") && t.kind == tokenWord {
			after := *l
			if n := after.next(); n.kind == tokenEnd || n.text == ";" || n.is("SETTINGS") {
				p.format = t.text
			}
		}
		previous = t
	}
}

type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenWord             // keyword, name or number
	tokenQuoted           // string or quoted name
	tokenOther            // one byte of anything else
)

type token struct {
	kind tokenKind
	text string
	at   int
}

func (t token) is(word string) bool { return t.kind == tokenWord && strings.EqualFold(t.text, word) }

// lexer splits ClickHouse SQL far enough to skip strings and comments. It is total: any bytes give some tokens.
type lexer struct {
	text  string
	at    int
	depth int // of round brackets, after the last token; an opening one counts before it is returned
}

func (l *lexer) next() token {
	l.skip()
	start := l.at
	if start >= len(l.text) {
		return token{kind: tokenEnd, at: start}
	}
	c := l.text[start]
	switch {
	case c == '\'' || c == '"' || c == '`':
		l.quoted(c)
		return token{tokenQuoted, l.text[start:l.at], start}
	case c == '$' && l.heredoc():
		return token{tokenQuoted, l.text[start:l.at], start}
	case wordByte(c):
		for l.at < len(l.text) && wordByte(l.text[l.at]) {
			l.at++
		}
		return token{tokenWord, l.text[start:l.at], start}
	case c == '(':
		l.depth++
	case c == ')' && l.depth > 0:
		l.depth--
	}
	l.at++
	return token{tokenOther, l.text[start:l.at], start}
}

// skip passes blanks and comments.
func (l *lexer) skip() {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			l.at++
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "# "), strings.HasPrefix(rest, "#!"):
			l.to(strings.IndexByte(rest, '\n'))
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end >= 0 {
				end += 4
			}
			l.to(end)
		default:
			return
		}
	}
}

// to moves on by n bytes, or to the end when n is negative.
func (l *lexer) to(n int) {
	if n < 0 {
		n = len(l.text) - l.at
	}
	l.at += n
}

// quoted passes a string or quoted name; a backslash or a doubled quote does not end it.
func (l *lexer) quoted(quote byte) {
	for l.at++; l.at < len(l.text); l.at++ {
		switch l.text[l.at] {
		case '\\':
			l.at++
		case quote:
			if l.at+1 < len(l.text) && l.text[l.at+1] == quote {
				l.at++
				continue
			}
			l.at++
			return
		}
	}
	l.at = len(l.text)
}

// heredoc passes $tag$…$tag$; false leaves the place as it is.
func (l *lexer) heredoc() bool {
	rest := l.text[l.at:]
	end := strings.IndexByte(rest[1:], '$')
	if end < 0 {
		return false
	}
	tag := rest[:end+2]
	for i := 1; i < len(tag)-1; i++ {
		if !wordByte(tag[i]) {
			return false
		}
	}
	closing := strings.Index(rest[len(tag):], tag)
	if closing < 0 {
		return false
	}
	l.at += len(tag) + closing + len(tag)
	return true
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
