package store

import (
	"testing"
	"testing/fstest"
)

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		path   string // of the first problem, "" for none
	}{
		"default":       {func(*Config) {}, ""},
		"https":         {func(c *Config) { c.URL = "https://ch.example" }, ""},
		"cluster":       {func(c *Config) { c.Cluster = "main" }, ""},
		"native":        {func(c *Config) { c.URL = "clickhouse://127.0.0.1:9000" }, "url"},
		"user in url":   {func(c *Config) { c.URL = "http://a:b@127.0.0.1" }, "url"},
		"no url":        {func(c *Config) { c.URL = "" }, "url"},
		"odd database":  {func(c *Config) { c.Database = "a; DROP" }, "database"},
		"odd cluster":   {func(c *Config) { c.Cluster = "a b" }, "cluster"},
		"no user":       {func(c *Config) { c.Username = "" }, "username"},
		"short inserts": {func(c *Config) { c.InsertTimeout = 1 }, "insert_timeout"},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		problems := cfg.Validate()
		switch {
		case c.path == "" && len(problems) > 0:
			t.Errorf("%s: %+v", name, problems)
		case c.path != "" && (len(problems) == 0 || problems[0].Path != c.path || problems[0].Mend == ""):
			t.Errorf("%s: %+v, want a problem of %s with its mend", name, problems, c.path)
		}
	}
}

// The steps are numbered without a hole, and a cluster gets replicated tables on all its servers.
func TestMigrationFiles(t *testing.T) {
	steps, err := readMigrations(migrationFiles)
	if err != nil || len(steps) == 0 {
		t.Fatalf("%d steps, %v", len(steps), err)
	}
	s := &Store{cfg: Config{Cluster: "main"}}
	got := s.baseDialect().expand("CREATE TABLE IF NOT EXISTS t {on_cluster} (a Int8) ENGINE = {engine} ORDER BY a SETTINGS {settings}")
	want := "CREATE TABLE IF NOT EXISTS t ON CLUSTER main (a Int8) ENGINE = ReplicatedMergeTree ORDER BY a SETTINGS " +
		"replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, name := range []string{"0001_a.sql", "0003_c.sql", "2_b.sql", "0002_B.sql"} {
		files := fstest.MapFS{"migrations/0001_a.sql": {Data: []byte("SELECT 1;\n")}, "migrations/" + name: {Data: []byte("SELECT 2;\n")}}
		if _, err := readMigrations(files); (err == nil) != (name == "0001_a.sql") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSplitStatements(t *testing.T) {
	got := splitStatements("-- one; two\nCREATE a\n(b ';'); \n\n  -- c\nSELECT 1;\nSELECT 2")
	if len(got) != 3 || got[0] != "CREATE a\n(b ';')" || got[1] != "SELECT 1" || got[2] != "SELECT 2" {
		t.Errorf("%q", got)
	}
}
