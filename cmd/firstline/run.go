package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// command is one sub-command.
type command struct {
	name    string
	args    string // what follows the name, for help
	summary string
	run     func(ctx context.Context, env *environment) error
}

// environment is what a sub-command gets from outside: nothing else is read.
type environment struct {
	config string   // path of the YAML
	args   []string // after the flags
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	log    *slog.Logger
}

// commands in the order of help.
func commands() []command {
	return []command{
		{"all", "[--demo] [--apache-kafka]", "run every role as a child process, restart what ends, drain on SIGTERM", all},
		{"controller", "", "run the controller: Asterisk's calls, the log, the publisher", runController},
		{"load", "[accept --topic T --partition N]", "run the loader: Kafka to ClickHouse, counted once", runLoad},
		{"api", "", "run the API and the pages", runAPI},
		{"queuelog", "", "write a queue_log as app_queue does, for its report tools (queue_log.file)", runQueueLog},
		{"broker", "", "run the embedded Kafka broker (trial and single hosts)", runBroker},
		{"kafka", "", "run Apache Kafka, one node, in the embedded broker's place", runKafka},
		{"clickhouse", "", "run the embedded ClickHouse engine", runClickHouse},
		{"asterisk", "", "run an Asterisk configured for Firstline on this machine", runAsterisk},
		{"demo", "", "call in with SIPp callers and answer with SIPp agents", runDemo},
		{"status", "[--wait DURATION]", "tell whether the roles of this host are ready, and what is missing", status},
		{"doctor", "", "look whether everything the configuration names is there and fit", doctor},
		{"check", "", "check the configuration: file, line and mend of each mistake", check},
		{"ivr", "graph [--format dot] [FLOW] | try [--at INSTANT] [--number N] [--customer ID] [--ticket ID] [FLOW]", "draw the menus, or go through one in the terminal", ivrTool},
		{"route", "explain CONTACT | replay [--from T --until T] [--strategy S,S] [--runs N] [--facts FILE]", "tell why a caller was given to whom; try another policy on recorded calls", routeTool},
		{"import", "queue-log|cel|cdr [--node NAME] [--names FILE] [--tz ZONE] [--final] [--dry-run] [--report FILE] FILE…", "bring a site's past in: queue_log or its SQL form, channel events, call detail records", runImport},
		{"erase", "--number N | --customer ID [--reason TEXT] [--dry-run] | --status ID", "erase a caller, or tell how far that is: docs/personal-data.md", eraseCaller},
		{"prompts", "build [--again] | list", "make the sound files of the site's own prompts, or tell which are there and which are stale", promptsTool},
		{"dump", "", "print the configuration in force, defaults included", dump},
		{"migrate", "", "bring ClickHouse's tables to this version", migrate},
		{"hash", "", "read a PIN or password from standard input and print its hash", hash},
		{"version", "", "print the version", version},
		{"help", "", "print this", nil},
	}
}

const examples = `
Examples:
  firstline check --config firstline.yaml     is the configuration right?
  firstline ivr try                           be the caller, without a phone
  firstline route replay --strategy least_recent   yesterday's calls by another strategy
  firstline prompts build                     texts become sounds that Asterisk plays
  firstline doctor                            is the machine ready, Asterisk set up?
  firstline all --config firstline.yaml       the whole product on one host
  firstline status --wait 2m                  are calls served, and if not, why?
  firstline import queue-log /var/log/asterisk     reports reach back before Firstline
  firstline controller                        one role, for systemd or kubernetes
  echo -n 4711 | firstline hash               a PIN for an agent
`

// Exit codes.
const (
	exitOK    = 0
	exitFault = 1 // it ran and failed
	exitUsage = 2 // it was called wrongly

	exitRefused = 3 // it ran, and left something out that was refused
)

// errShown is returned by a sub-command that has told the reader already.
var errShown = errors.New("told already")

func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		usage(stdout)
		return exitOK
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		env := &environment{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
		if err := env.parse(c, args[1:]); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return exitOK
			}
			return exitUsage
		}
		env.log = logger(stderr, c.name, getenv("FIRSTLINE_LOG"))
		err := c.run(ctx, env)
		switch {
		case err == nil:
			return exitOK
		case !errors.Is(err, errShown):
			_, _ = fmt.Fprintf(stderr, "firstline %s: %v\n", c.name, err)
		}
		if errors.Is(err, errRefused) {
			return exitRefused
		}
		return exitFault
	}
	_, _ = fmt.Fprintf(stderr, "firstline: there is no sub-command %q; `firstline help` lists them\n", args[0])
	return exitUsage
}

// parse takes --config from anywhere; the rest is the sub-command's own.
func (env *environment) parse(c command, args []string) error {
	env.config = "firstline.yaml"
	if path := env.getenv("FIRSTLINE_CONFIG"); path != "" {
		env.config = path
	}
	for i := 0; i < len(args); i++ {
		switch value, inline := strings.CutPrefix(args[i], "--config="); {
		case args[i] == "-h" || args[i] == "--help":
			_, _ = fmt.Fprintf(env.stdout, "firstline %s [--config FILE] %s\n  %s\n%s", c.name, c.args, c.summary, furtherHelp(c.name))
			return flag.ErrHelp
		case inline:
			env.config = value
		case args[i] == "--config":
			if i+1 == len(args) {
				_, _ = fmt.Fprintf(env.stderr, "firstline %s: --config needs a file\n", c.name)
				return errors.New("usage")
			}
			i++
			env.config = args[i]
		default:
			env.args = append(env.args, args[i])
		}
	}
	return nil
}

// furtherHelp is what a sub-command's help says of its flags.
func furtherHelp(name string) string {
	switch name {
	case "import":
		return importHelp
	case "erase":
		return eraseHelp
	default:
		return ""
	}
}

func logger(to io.Writer, role, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: l})).With("role", role)
}

func usage(w io.Writer) {
	_, _ = fmt.Fprintln(w, "Firstline: the first line of support on Asterisk.\n\nUsage: firstline COMMAND [--config FILE]\n\nCommands:")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  %-12s %s\n", c.name, c.summary)
	}
	_, _ = fmt.Fprint(w, examples)
}
