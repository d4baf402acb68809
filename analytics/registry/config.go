package registry

import "firstline/pipeline/problem"

// Config is the section `http.state`: where the state is kept.
type Config struct {
	PostgresEnv  string `yaml:"postgres_env"`  // variable with the address of a PostgreSQL database, postgres://user:password@host/firstline, for several API processes; none = a file in the data folder
	PostgresFile string `yaml:"postgres_file"` // or the file that holds it
	Connections  int    `yaml:"connections"`   // of each API process to PostgreSQL at once
}

// DefaultConfig is a file in the data folder.
func DefaultConfig() Config { return Config{Connections: 8} }

// Postgres says whether the state is in PostgreSQL.
func (c Config) Postgres() bool { return c.PostgresEnv != "" || c.PostgresFile != "" }

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	if c.PostgresEnv != "" && c.PostgresFile != "" {
		out = append(out, problem.Problem{Path: "postgres_file", Message: "is there beside postgres_env", Mend: "keep one of them"})
	}
	if c.Connections < 1 {
		out = append(out, problem.Problem{Path: "connections", Message: "must be at least 1", Mend: "leave it out for the default"})
	}
	return out
}
