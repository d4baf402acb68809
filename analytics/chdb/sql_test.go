package chdb

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for sql, want := range map[string]parsed{
		"SELECT 1":                                 {verb: "SELECT"},
		" /* FORMAT x */ -- FORMAT y\n select 1":   {verb: "SELECT"},
		"SELECT 'FORMAT JSON'":                     {verb: "SELECT"},
		"SELECT 1 FORMAT JSON":                     {verb: "SELECT", format: "JSON"},
		"SELECT 1 format JSON settings a = 1;":     {verb: "SELECT", format: "JSON"},
		"SELECT format FROM t":                     {verb: "SELECT", from: true},
		"SELECT (SELECT 1 FORMAT CSV)":             {verb: "SELECT"},
		"SELECT (SELECT count() from t), 'FROM'":   {verb: "SELECT", from: true},
		"(SELECT 1) FORMAT CSV":                    {verb: "(", format: "CSV"},
		"SELECT $a$ FORMAT CSV $a$":                {verb: "SELECT"},
		"SELECT '\\' FORMAT CSV', `FORMAT` ":       {verb: "SELECT"},
		"SHOW TABLES FORMAT TSV":                   {verb: "SHOW", format: "TSV"},
		"CREATE TEMPORARY TABLE t (a Int8)":        {verb: "CREATE", session: true},
		"CREATE TABLE temporary.t (a Int8)":        {verb: "CREATE", session: true}, // a needless new connection
		"CREATE TABLE t (a Int8)":                  {verb: "CREATE"},
		"SET a = 1":                                {verb: "SET", session: true},
		"use x":                                    {verb: "USE", session: true},
		"INSERT INTO t SELECT 1 FORMAT Null":       {verb: "INSERT"},
		"INSERT INTO t (a) WITH 1 AS x SELECT x":   {verb: "INSERT"},
		"INSERT INTO t FROM INFILE 'a' FORMAT CSV": {verb: "INSERT"},
		"INSERT INTO t (a, `FORMAT`) FORMAT Native": {verb: "INSERT", format: "Native", data: true,
			head: "INSERT INTO t (a, `FORMAT`) ", dataAt: 41},
		"insert into db.format format TSV\n1\n": {verb: "INSERT", format: "TSV", data: true,
			head: "insert into db.format ", dataAt: 33},
		"INSERT INTO t SETTINGS x = 'FORMAT' FORMAT CSV \r\n1": {verb: "INSERT", format: "CSV", data: true,
			head: "INSERT INTO t SETTINGS x = 'FORMAT' ", dataAt: 49},
		"INSERT INTO values VALUES (1)": {verb: "INSERT", format: "Values", data: true,
			head: "INSERT INTO values ", dataAt: 25},
		"INSERT INTO t FORMAT values (1)": {verb: "INSERT", format: "Values", data: true, head: "INSERT INTO t ", dataAt: 28},
		"INSERT INTO TABLE FUNCTION null('a Int8') VALUES (1)": {verb: "INSERT", format: "Values", data: true,
			head: "INSERT INTO TABLE FUNCTION null('a Int8') ", dataAt: 48},
		"INSERT INTO t FORMAT 'x'": {verb: "INSERT"},
		"":                         {},
		"'unfinished":              {verb: "'UNFINISHED"},
	} {
		if got := parse(sql); got != want {
			t.Errorf("%q\n got %+v\nwant %+v", sql, got, want)
		}
	}
}

func TestSettingChanges(t *testing.T) {
	from := map[string]string{"a": "1", "b": "2", "c": "3"}
	to := map[string]string{"a": "1", "b": "x'y\\", "d": "4"}
	got := strings.Join(settingChanges(from, to), ", ")
	if want := `b = 'x\'y\\', d = '4', c = DEFAULT`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEngineError(t *testing.T) {
	for text, want := range map[string]Exception{
		"Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE) (version 26.7.2.1)\n": {60, "Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE)"},
		"Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE)":                      {60, "Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE)"},
		"no code":                     {49, "Code: 49. DB::Exception: no code. (LOGICAL_ERROR)"},
		"Code: 99999999999999999999.": {49, "Code: 49. DB::Exception: Code: 99999999999999999999. (LOGICAL_ERROR)"},
	} {
		if got := asException(engineError(text)); *got != want {
			t.Errorf("%q gives %+v, want %+v", text, *got, want)
		}
	}
	if err := engineError(""); err != nil {
		t.Errorf("no text gives %v", err)
	}
}
