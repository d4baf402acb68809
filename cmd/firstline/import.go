package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/pipeline/history"
	"firstline/pipeline/importer"
	"firstline/pipeline/kafka"
)

const importHelp = `
Each line of the past becomes the facts that a live call gives, so that reports reach back. Files are plain, .gz, .bz2, .xz or
.zst, in any order; a folder stands for all of them in it, - for standard input; CSV is the SQL form of queue_log. An import can
be repeated, stopped and gone on with: what was taken in is not taken in again.

  --node NAME      name of the exchange that wrote the files, before the ids of its calls (old-pbx)
  --names FILE     CSV: agent,NAME IN THE FILES,ID or queue,NAME IN THE FILES,ID
  --tz ZONE        of times that are dates, as in the SQL form (UTC), for example Europe/Berlin
  --final          nothing comes after these files: what is open at their end is ended there
  --dry-run        tell what would come of the files, and write nothing
  --report FILE    each line that is doubtful, left out (all of it, or for the agent's time) or refused, as JSON Lines

For cel and cdr, which bring in the calls that came to no queue, after queue-log of the same node. Channel events (cel) say more
than call detail records (cdr); give cel first where a site has both, and each call counts once:
  --trunk PATTERN  channels that lead outside: 'PJSIP/telekom*'; calls from there are inbound, to there outbound, others internal
  --context C=KIND calls that came into context C are inbound, outbound or internal; goes before --trunk
  --columns LIST   of the rows in their order, where no first line names them and they are not as Asterisk's example has them
  --without-queue-log  the exchange has no queues

Examples:
  firstline import queue-log --dry-run /var/log/asterisk        what do the files say?
  firstline import queue-log /var/log/asterisk                  bring them in
  firstline import queue-log --node berlin --final berlin/queue_log*
  mysql --batch … | firstline import queue-log --tz Europe/Berlin -
  firstline import cel --trunk 'PJSIP/telekom*' --final /var/log/asterisk/cel-custom
  firstline import cdr --tz Europe/Berlin --trunk 'PJSIP/telekom*' --final /var/log/asterisk/cdr-csv

It ends with 0 when no line was refused, 3 when lines were, 1 when it failed. Lines are left out when nothing is wrong with them and
no fact comes of them; the summary says why. docs/import.md
`

// errRefused ends an import of lines that something is wrong with.
var errRefused = errors.New("lines were refused")

// imported is what an import was asked for.
type imported struct {
	form                importer.Form
	node, names, report string
	zone                *time.Location
	final, dry          bool
	files               []string

	// of call detail records and channel events
	trunks, columns []string
	contexts        map[string]fact.Kind
	noQueueLog      bool
}

// importRun reads the files into a sink.
type importRun func(ctx context.Context, sink importer.DetailSink, report func(history.Note, string), told func(importer.Progress)) (importer.Summary, error)

// runImport brings a site's past in.
func runImport(ctx context.Context, env *environment) error {
	forms := map[string]importer.Form{"queue-log": importer.FormQueueLog, "cel": importer.FormCEL, "cdr": importer.FormCDR}
	if len(env.args) == 0 || forms[env.args[0]] == "" {
		return errors.New("say what to import: queue-log FILE…, cel FILE… or cdr FILE…; `firstline import --help`")
	}
	asked, err := readImport(env, env.args[0], forms[env.args[0]])
	if err != nil {
		return err
	}
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "firstline-import-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) //nolint:errcheck // a temporary folder
	read, err := asked.reader(env, s, temp)
	if err != nil {
		return err
	}
	report, done, err := asked.openReport()
	if err != nil {
		return err
	}
	var sum importer.Summary
	if asked.dry {
		sum, err = asked.look(ctx, env, s, read, report)
	} else {
		sum, err = importInto(ctx, env, s, asked.node, read, report)
	}
	if err = errors.Join(err, done()); err != nil {
		if ctx.Err() != nil {
			return errors.New("stopped; what was taken in is kept: run the same command again to go on")
		}
		return err
	}
	if asked.dry {
		_, _ = fmt.Fprintln(env.stdout, "Nothing is written: --dry-run.")
	}
	sum.Print(env.stdout)
	if n := sum.Refused(); n > 0 {
		return fmt.Errorf("%w: %d; the others are taken", errRefused, n)
	}
	return nil
}

// reader is how the files that were asked for are read.
func (r imported) reader(env *environment, s *settings, temp string) (importRun, error) {
	names, err := r.history(s)
	if err != nil {
		return nil, err
	}
	files, err := importer.Inputs(r.form, r.files, env.stdin, temp)
	if err != nil {
		return nil, err
	}
	if r.form != importer.FormQueueLog {
		cfg := importer.DetailConfig{Form: r.form, Files: files, Zone: r.zone, Columns: r.columns, Final: r.final, Calls: history.Calls{
			Config: names, Trunks: r.trunks, Contexts: r.contexts, QueueLog: !r.noQueueLog,
		}}
		return func(ctx context.Context, sink importer.DetailSink, report func(history.Note, string), told func(importer.Progress)) (importer.Summary, error) {
			return importer.RunDetails(ctx, cfg, sink, report, told)
		}, nil
	}
	cfg := importer.Config{Files: files, Zone: r.zone, History: names, Final: r.final}
	return func(ctx context.Context, sink importer.DetailSink, report func(history.Note, string), told func(importer.Progress)) (importer.Summary, error) {
		return importer.Run(ctx, cfg, sink, report, told)
	}, nil
}

// look reads the files and writes nothing. They are held against what was taken in before, as an import holds them.
func (r imported) look(ctx context.Context, env *environment, s *settings, read importRun, report func(history.Note, string)) (importer.Summary, error) {
	nowhere, err := importer.Peek(filepath.Join(s.Root.Data, "import", r.node))
	if err != nil {
		return importer.Summary{}, fmt.Errorf("look at what was imported before: %w", err)
	}
	return read(ctx, nowhere, report, showProgress(env.stderr))
}

// readImport reads the command line; flags may stand anywhere.
func readImport(env *environment, name string, form importer.Form) (imported, error) {
	flags := flag.NewFlagSet("import "+name, flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	r := imported{form: form}
	flags.StringVar(&r.node, "node", "old-pbx", "name of the exchange that wrote the files")
	flags.StringVar(&r.names, "names", "", "file with names of agents and queues")
	flags.StringVar(&r.report, "report", "", "file to write")
	flags.BoolVar(&r.final, "final", false, "nothing comes after these files")
	flags.BoolVar(&r.dry, "dry-run", false, "write nothing")
	zone := flags.String("tz", "UTC", "zone of times without one")
	if form != importer.FormQueueLog {
		r.detailFlags(flags)
	}
	for args := env.args[1:]; len(args) > 0; {
		if err := flags.Parse(args); err != nil {
			return r, errShown
		}
		args = flags.Args()
		for len(args) > 0 && (args[0] == "-" || !strings.HasPrefix(args[0], "-")) {
			r.files, args = append(r.files, args[0]), args[1:]
		}
	}
	var err error
	if r.zone, err = time.LoadLocation(*zone); err != nil {
		return r, fmt.Errorf("--tz %s is no zone: write for example Europe/Berlin", *zone)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`).MatchString(r.node) {
		return r, fmt.Errorf("--node %s: a name has letters, digits and . - _", r.node)
	}
	if len(r.files) == 0 {
		return r, fmt.Errorf("name the files to import; Asterisk's are %s*", form.Usual())
	}
	if form != importer.FormQueueLog && len(r.trunks)+len(r.contexts) == 0 {
		return r, errors.New("say which calls come from outside: --trunk 'PJSIP/telekom*' names the channels that lead there, --context from-trunk=inbound the dialplan's context")
	}
	return r, nil
}

// detailFlags are those of call detail records and channel events.
func (r *imported) detailFlags(flags *flag.FlagSet) {
	flags.BoolVar(&r.noQueueLog, "without-queue-log", false, "the exchange has no queues")
	flags.Func("trunk", "pattern of channels that lead outside", func(p string) error {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			return errors.New("write a channel's name, with * for any letters: PJSIP/telekom*")
		}
		r.trunks = append(r.trunks, strings.ToLower(p))
		return nil
	})
	r.contexts = map[string]fact.Kind{}
	flags.Func("context", "context of the dialplan and the kind of its calls", func(text string) error {
		name, kind, _ := strings.Cut(text, "=")
		switch k := fact.Kind(kind); k {
		case fact.KindInbound, fact.KindOutbound, fact.KindInternal:
			r.contexts[strings.ToLower(name)] = k
			return nil
		default:
			return errors.New("write CONTEXT=inbound, =outbound or =internal")
		}
	})
	flags.Func("columns", "of the rows", func(list string) error {
		r.columns = r.form.Columns(strings.Split(list, ","))
		if name := r.form.Missing(r.columns); name != "" {
			return fmt.Errorf("the column %s is missing", name)
		}
		return nil
	})
}

// history says what the names in the lines stand for: agents by id, name, phone or number, queues by id or name.
func (r imported) history(s *settings) (history.Config, error) {
	if r.node == s.Plan.Node {
		return history.Config{}, fmt.Errorf("--node %s is this site's own node: calls of the past need another name", r.node)
	}
	cfg := history.Config{Node: r.node, Agents: map[string]string{}, Queues: map[string]string{}, Number: s.Numbers.Form().Of}
	for _, a := range s.Plan.Agents {
		for _, name := range []string{a.Endpoint, a.Name, a.ID} {
			if name != "" {
				cfg.Agents[strings.ToLower(name)] = a.ID
			}
		}
		if a.Number != "" {
			cfg.Agents["agent/"+a.Number] = a.ID
		}
	}
	for _, q := range s.Plan.Queues {
		if q.Name != "" {
			cfg.Queues[strings.ToLower(q.Name)] = q.ID
		}
		cfg.Queues[strings.ToLower(q.ID)] = q.ID
	}
	if r.names == "" {
		return cfg, nil
	}
	file, err := os.Open(r.names)
	if err != nil {
		return cfg, err
	}
	defer file.Close() //nolint:errcheck // read only
	return cfg, readNames(file, r.names, cfg)
}

// readNames adds the names of a file.
func readNames(file io.Reader, path string, cfg history.Config) error {
	lines := csv.NewReader(file)
	lines.FieldsPerRecord, lines.TrimLeadingSpace, lines.Comment = -1, true, '#'
	for {
		f, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		line, _ := lines.FieldPos(0)
		kinds := map[string]map[string]string{"agent": cfg.Agents, "queue": cfg.Queues}
		known, ok := kinds[strings.TrimPrefix(f[0], "\ufeff")]
		if !ok || len(f) != 3 || f[1] == "" || f[2] == "" {
			return fmt.Errorf("%s:%d: write agent,NAME IN THE FILES,ID or queue,NAME IN THE FILES,ID", path, line)
		}
		known[strings.ToLower(f[1])] = f[2]
	}
}

// importNote is a note as a line of the report.
type importNote struct {
	File string `json:"file"`
	history.Note
}

// openReport opens the report; done closes it.
func (r imported) openReport() (note func(history.Note, string), done func() error, err error) {
	if r.report == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.OpenFile(r.report, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	w := bufio.NewWriter(f)
	var failed error
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	note = func(n history.Note, file string) { failed = errors.Join(failed, enc.Encode(importNote{file, n})) }
	return note, func() error { return errors.Join(failed, w.Flush(), f.Close()) }, nil
}

// importInto lets the files' facts go through Kafka into the tables, and returns when they are there.
func importInto(ctx context.Context, env *environment, s *settings, node string, read importRun, report func(history.Note, string)) (sum importer.Summary, err error) {
	source := "import/" + node
	db, cluster, err := openPipeline(s, env, newRegistry())
	if err != nil {
		return sum, err
	}
	defer db.Close() //nolint:errcheck // nothing is buffered
	root, err := s.folder("import")
	if err != nil {
		return sum, err
	}
	dir := filepath.Join(root, node)
	there, err := db.FactsOf(ctx, source, "")
	if err != nil {
		return sum, fmt.Errorf("the tables must be there for an import: start the product first (`firstline all`), `firstline status` tells what is missing: %w", err)
	}
	if there > 0 && !importer.Exists(dir) {
		return sum, fmt.Errorf("node %s was imported before, %d facts are in the tables, but the record of what they are is not in %s: "+
			"bring that folder back from a backup, or the calls would be counted twice", node, there, dir)
	}
	if err := cluster.EnsureTopics(ctx); err != nil {
		return sum, fmt.Errorf("kafka must run for an import: start the product first (`firstline all`): %w", err)
	}
	reg := newRegistry()
	j, err := importer.OpenJournal(dir, source, s.Log, env.log, reg)
	if err != nil {
		return sum, err
	}
	publisher := kafka.NewPublisher(cluster, j.Log, source, j.Published(), env.log, reg)
	publisher.Past = true
	j.Log.Protect(publisher.Published)
	if s.Kafka.RetentionBytes > 0 {
		j.Most = min(j.Most, int(s.Kafka.RetentionBytes/importRoom))
	}
	tell := showProgress(env.stderr)
	j.Wait = (&arrival{db: db, publisher: publisher, journal: j, source: source, out: env.stderr}).wait
	g := newGroup(context.WithoutCancel(ctx))
	g.run("log", j.Log.Run)
	g.run("publisher", publisher.Run)
	sum, err = read(ctx, j, report, tell)
	g.stop()
	if err = errors.Join(err, g.wait()); err != nil {
		return sum, errors.Join(err, j.Close())
	}
	_, _ = fmt.Fprintf(env.stdout, "%d facts are new, %d were taken in before\n", j.New, j.Known)
	if j.Clashed > 0 {
		_, _ = fmt.Fprintf(env.stdout, "%d calls were taken in before with other lines, and stay as they were: %s …\n", j.Clashed, strings.Join(j.Clashes, ", "))
	}
	return sum, errors.Join(j.Forget(), j.Close())
}

// arrival waits until facts are in the tables.
type arrival struct {
	db        *store.Store
	publisher *kafka.Publisher
	journal   *importer.Journal
	source    string
	out       io.Writer
}

// importRoom is the part of Kafka's room that a fact on its way may take, in bytes: some six times what one has.
const importRoom = 4 << 10

// How often it is asked whether facts have arrived, and for how long that is nothing to tell of.
const (
	arriveEvery    = 200 * time.Millisecond
	arrivePatience = 15 * time.Second
)

func (a *arrival) wait(ctx context.Context) error {
	began := time.Now()
	tick := time.NewTicker(arriveEvery)
	defer tick.Stop()
	told := began
	for {
		missing, err := a.missing(ctx)
		if err == nil && missing == "" {
			return a.complete(ctx)
		}
		if time.Since(told) > arrivePatience {
			told = time.Now()
			if err != nil {
				missing = err.Error()
			}
			_, _ = fmt.Fprintf(a.out, "waiting since %s until the facts are in the tables: %s; `firstline status` tells what is missing\n", began.Format(time.TimeOnly), missing)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// complete looks whether every fact is really in the tables: Kafka may have dropped some before they were loaded.
func (a *arrival) complete(ctx context.Context) error {
	there, err := a.db.FactsOf(ctx, a.source, a.journal.Log.Epoch())
	if err != nil {
		return err
	}
	if want := a.journal.Log.Position(); there < want {
		return fmt.Errorf("%d of %d facts are not in the tables, although the loader has passed them: kafka dropped them before they were loaded; "+
			"the loader's log and kafka.retention, kafka.retention_bytes tell why; the figures of %s lack them, and its log is kept", want-there, want, a.source)
	}
	return nil
}

// missing says what is not yet where it belongs; "" = everything is.
func (a *arrival) missing(ctx context.Context) (string, error) {
	if at, want := a.publisher.Published(), a.journal.Log.Position(); at < want {
		return fmt.Sprintf("%d of %d facts are in kafka", at, want), nil
	}
	places, err := kafka.Places(a.journal.Published())
	if err != nil {
		return "", err
	}
	for _, p := range places {
		last, found, err := a.db.LastLoad(ctx, p.Topic, p.Partition)
		if err != nil {
			return "", err
		}
		if !found || !last.Has(a.source, p.Epoch, p.Position) {
			return fmt.Sprintf("%s/%d is not loaded up to them", p.Topic, p.Partition), nil
		}
	}
	return "", nil
}
