package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Deadlines of network calls.
const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 10 * time.Second
)

const clientID = "firstline"

// Cluster is how to reach a Kafka cluster. It holds no connection and may be used by several goroutines.
type Cluster struct {
	cfg    Config
	dialer *kafkago.Dialer
}

// Open reads what the configuration names (a CA file, the password's variable through getenv) and returns the cluster.
// It does not connect.
func Open(cfg Config, getenv func(string) string) (*Cluster, error) {
	dialer := &kafkago.Dialer{ClientID: clientID, Timeout: dialTimeout, DualStack: true}
	var err error
	if dialer.TLS, err = cfg.TLS.config(); err != nil {
		return nil, err
	}
	if dialer.SASLMechanism, err = cfg.SASL.mechanism(getenv); err != nil {
		return nil, err
	}
	return &Cluster{cfg: cfg, dialer: dialer}, nil
}

func (t TLS) config() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil //nolint:nilnil // kafka-go's way to say: no TLS
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile == "" {
		return conf, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read kafka.tls.ca_file: %w", err)
	}
	conf.RootCAs = x509.NewCertPool()
	if !conf.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read kafka.tls.ca_file: no certificate in %s", t.CAFile)
	}
	return conf, nil
}

func (s SASL) mechanism(getenv func(string) string) (sasl.Mechanism, error) {
	if s.Mechanism == "" {
		return nil, nil //nolint:nilnil // kafka-go's way to say: no sign-in
	}
	password := getenv(s.PasswordEnv)
	if password == "" {
		return nil, fmt.Errorf("sign in to kafka: %s is not set", s.PasswordEnv)
	}
	switch s.Mechanism {
	case "plain":
		return plain.Mechanism{Username: s.Username, Password: password}, nil
	case "scram-sha-256":
		return scram.Mechanism(scram.SHA256, s.Username, password)
	case "scram-sha-512":
		return scram.Mechanism(scram.SHA512, s.Username, password)
	}
	return nil, fmt.Errorf("sign in to kafka: mechanism %q is not known", s.Mechanism)
}

// Session opens a session. It starts with no connection and no cached metadata, so that what it says of the cluster's
// identity is of now. Close it.
func (c *Cluster) Session() *Session {
	transport := &kafkago.Transport{
		DialTimeout: dialTimeout,
		ClientID:    clientID,
		TLS:         c.dialer.TLS,
		SASL:        c.dialer.SASLMechanism,
	}
	return &Session{
		transport: transport,
		client:    &kafkago.Client{Addr: kafkago.TCP(c.cfg.Brokers...), Transport: transport},
	}
}

// Group is the configuration of a consumer group on this cluster, everything set that kafka-go would guess.
func (c *Cluster) Group(id string, topics []string, balancer kafkago.GroupBalancer) kafkago.ConsumerGroupConfig {
	return kafkago.ConsumerGroupConfig{
		ID:                     id,
		Brokers:                c.cfg.Brokers,
		Dialer:                 c.dialer,
		Topics:                 topics,
		GroupBalancers:         []kafkago.GroupBalancer{balancer},
		HeartbeatInterval:      time.Second,
		SessionTimeout:         6 * time.Second, // the least brokers take: a killed loader is replaced after it
		RebalanceTimeout:       6 * time.Second,
		JoinGroupBackoff:       time.Second,
		WatchPartitionChanges:  true,
		PartitionWatchInterval: 5 * time.Second,
		StartOffset:            kafkago.FirstOffset,
		Timeout:                dialTimeout,
	}
}

// EnsureTopics makes the topics that are missing. On the embedded broker it also gives the others the configured
// retention; an outside cluster's topics belong to its operator once they exist, and no rights are needed to make them.
func (c *Cluster) EnsureTopics(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	s := c.Session()
	defer s.Close()
	there, err := s.existing(ctx)
	if err != nil {
		return err
	}
	if c.cfg.Embedded && len(there) > 0 {
		if err := s.setRetention(ctx, c.cfg, there); err != nil {
			return err
		}
	}
	missing := slices.DeleteFunc(Topics(), func(topic string) bool { return slices.Contains(there, topic) })
	if len(missing) == 0 {
		return nil
	}
	return s.createTopics(ctx, c.cfg, missing)
}

// existing returns those of Firstline's topics that the cluster has.
func (s *Session) existing(ctx context.Context) ([]string, error) {
	m, err := s.metadata(ctx, Topics())
	if err != nil {
		return nil, err
	}
	var there []string
	for _, t := range m.Topics {
		switch {
		case t.Error == nil:
			there = append(there, t.Name)
		case !errors.Is(t.Error, kafkago.UnknownTopicOrPartition):
			return nil, fmt.Errorf("ask for topic %s: %w", t.Name, t.Error)
		}
	}
	return there, nil
}

func (s *Session) createTopics(ctx context.Context, cfg Config, topics []string) error {
	req := &kafkago.CreateTopicsRequest{}
	for _, topic := range topics {
		req.Topics = append(req.Topics, kafkago.TopicConfig{
			Topic:             topic,
			NumPartitions:     cfg.Partitions,
			ReplicationFactor: cfg.Replication,
			ConfigEntries: []kafkago.ConfigEntry{
				{ConfigName: "retention.ms", ConfigValue: cfg.retentionMS()},
				{ConfigName: "retention.bytes", ConfigValue: strconv.FormatInt(cfg.RetentionBytes, 10)},
			},
		})
	}
	res, err := s.client.CreateTopics(ctx, req)
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	for topic, err := range res.Errors {
		if err != nil && !errors.Is(err, kafkago.TopicAlreadyExists) { // another role was quicker
			return fmt.Errorf("create topic %s: %w", topic, err)
		}
	}
	return nil
}

func (s *Session) setRetention(ctx context.Context, cfg Config, topics []string) error {
	req := &kafkago.IncrementalAlterConfigsRequest{}
	for _, topic := range topics {
		req.Resources = append(req.Resources, kafkago.IncrementalAlterConfigsRequestResource{
			ResourceType: kafkago.ResourceTypeTopic,
			ResourceName: topic,
			Configs: []kafkago.IncrementalAlterConfigsRequestConfig{
				{Name: "retention.ms", Value: cfg.retentionMS(), ConfigOperation: kafkago.ConfigOperationSet},
				{Name: "retention.bytes", Value: strconv.FormatInt(cfg.RetentionBytes, 10), ConfigOperation: kafkago.ConfigOperationSet},
			},
		})
	}
	res, err := s.client.IncrementalAlterConfigs(ctx, req)
	if err != nil {
		return fmt.Errorf("set retention of topics: %w", err)
	}
	for _, r := range res.Resources {
		if r.Error != nil {
			return fmt.Errorf("set retention of topic %s: %w", r.ResourceName, r.Error)
		}
	}
	return nil
}

func (c Config) retentionMS() string { return strconv.FormatInt(c.Retention.Milliseconds(), 10) }

// dialPartition connects to a partition's leader, outside any session.
func (c *Cluster) dialPartition(ctx context.Context, p kafkago.Partition) (*kafkago.Conn, error) {
	address := net.JoinHostPort(p.Leader.Host, strconv.Itoa(p.Leader.Port))
	conn, err := c.dialer.DialPartition(ctx, "tcp", address, p)
	if err != nil {
		return nil, fmt.Errorf("connect to the leader of %s/%d at %s: %w", p.Topic, p.ID, address, err)
	}
	return conn, nil
}
