package kafka

import (
	"fmt"
	"net"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/problem"
)

// Config is the section `kafka` of firstline.yaml.
type Config struct {
	Brokers   []string      `yaml:"brokers"`   // host:port of one or more brokers; of the embedded one the address it listens on
	Embedded  bool          `yaml:"embedded"`  // run the embedded broker; it is for trials and single hosts
	Retention time.Duration `yaml:"retention"` // how long the topics keep facts
	// RetentionBytes limits each partition's size; -1 is no limit.
	RetentionBytes int64 `yaml:"retention_bytes"`
	// Partitions of a topic when it is made. One keeps every contact in order over all topics' readers and is enough for
	// some ten thousand facts a second; facts of one subject stay in one partition in any case.
	Partitions int `yaml:"partitions"`
	// Replication is the number of copies when a topic is made; -1 leaves it to the cluster.
	Replication int  `yaml:"replication"`
	TLS         TLS  `yaml:"tls"`  // encryption, to an outside cluster
	SASL        SASL `yaml:"sasl"` // sign-in, to an outside cluster
}

// TLS says how connections to an outside cluster are encrypted.
type TLS struct {
	Enabled bool   `yaml:"enabled"` // whether connections are encrypted
	CAFile  string `yaml:"ca_file"` // PEM; empty: the system's authorities
}

// SASL says how Firstline signs in to an outside cluster.
type SASL struct {
	Mechanism   string `yaml:"mechanism"`    // plain, scram-sha-256 or scram-sha-512; empty = no sign-in
	Username    string `yaml:"username"`     // the user
	PasswordEnv string `yaml:"password_env"` // variable of the environment that holds the password
}

// DefaultConfig is an embedded broker on loopback that keeps seven days and at most 2 GiB a partition.
func DefaultConfig() Config {
	return Config{
		Brokers:        []string{"127.0.0.1:9092"},
		Embedded:       true,
		Retention:      7 * 24 * time.Hour,
		RetentionBytes: 2 << 30,
		Partitions:     1,
		Replication:    -1,
	}
}

// Validate returns what is wrong, with paths within the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	if len(c.Brokers) == 0 {
		add("brokers", "is empty", "name at least one broker as host:port")
	}
	for i, b := range c.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			add(fmt.Sprintf("brokers.%d", i), fmt.Sprintf("%q is not host:port", b), "write for example 127.0.0.1:9092")
		}
	}
	if c.Embedded && len(c.Brokers) > 1 {
		add("brokers", "the embedded broker is a single one", "name one address, or set embedded: false")
	}
	if c.Retention < time.Hour {
		add("retention", "is shorter than an hour", "write at least 1h; 168h is seven days")
	}
	if c.RetentionBytes < 64<<20 && c.RetentionBytes != -1 {
		add("retention_bytes", "is less than 64 MiB", "write at least 67108864, or -1 for no limit")
	}
	if c.Partitions < 1 || c.Partitions > 1000 {
		add("partitions", "is not between 1 and 1000", "write 1 unless several loaders share the work")
	}
	if c.Replication != -1 && c.Replication < 1 {
		add("replication", "is neither -1 nor a number of copies", "write -1 for the cluster's own default")
	}
	return append(out, c.validateSecurity()...)
}

func (c Config) validateSecurity() []problem.Problem {
	var out []problem.Problem
	if c.Embedded && (c.TLS.Enabled || c.SASL.Mechanism != "") {
		out = append(out, problem.Problem{Path: "embedded", Message: "the embedded broker has no TLS and no sign-in",
			Mend: "remove tls and sasl, or set embedded: false"})
	}
	switch c.SASL.Mechanism {
	case "":
	case "plain", "scram-sha-256", "scram-sha-512":
		if c.SASL.Username == "" || c.SASL.PasswordEnv == "" {
			out = append(out, problem.Problem{Path: "sasl", Message: "username or password_env is missing",
				Mend: "give both; password_env names the variable that holds the password"})
		}
	default:
		out = append(out, problem.Problem{Path: "sasl.mechanism", Message: fmt.Sprintf("%q is not known", c.SASL.Mechanism),
			Mend: "write plain, scram-sha-256 or scram-sha-512"})
	}
	return out
}

// Topics lists every topic of Firstline; the first three carry facts.
func Topics() []string {
	return append(FactTopics(), fact.TopicDeadLetter)
}

// FactTopics lists the topics that carry facts.
func FactTopics() []string {
	return []string{fact.TopicContacts, fact.TopicAgents, fact.TopicTickets}
}
