package load

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"firstline/pipeline/kafka"
	"firstline/pipeline/trouble"
)

// startPatience is how long Kafka or the tables may be away, at a start or for a restart, before that is told.
const startPatience = 2 * time.Second

// Step is a place in the loader's work where a test may stop it.
type Step string

// Steps, in the order of one plan. The inserts themselves are the sink's.
const (
	BeforePlan   Step = "before the plan is committed"
	AfterPlan    Step = "after the plan is committed"
	BeforeInsert Step = "before the insert"
	AfterInsert  Step = "after the insert"
	BeforeSettle Step = "before the offset of finished work is committed"
	AfterSettle  Step = "after the offset of finished work is committed"
)

// Loader is one member of the consumer group. Any number of them may run, also against the same tables.
type Loader struct {
	// Hook is called at each step when set, from several goroutines. An error makes the step fail. For tests.
	Hook func(Step) error

	cfg     Config
	cluster *kafka.Cluster
	sink    Sink
	log     *slog.Logger
	metrics *metrics
	health  *health
	open    func() session
}

// session is a broker that can be closed.
type session interface {
	broker
	Close()
}

// New returns a loader that is idle until Run. The sink's tables must exist before.
func New(cfg Config, cluster *kafka.Cluster, sink Sink, log *slog.Logger, reg prometheus.Registerer) *Loader {
	return &Loader{cfg: cfg, cluster: cluster, sink: sink, log: log, metrics: newMetrics(reg), health: newHealth(),
		open: func() session { return cluster.Session() }}
}

// Health is what keeps facts from being loaded now: Kafka is not reached, a partition is stopped and waits for an operator
// (*StoppedError), the tables refuse. Empty: everything is loaded as it comes.
func (l *Loader) Health() []error { return l.health.all() }

// Run loads until ctx ends. It waits for Kafka and for the sink as long as it takes; an error is returned only for a
// configuration that kafka-go refuses.
func (l *Loader) Run(ctx context.Context) error {
	if !l.awaitKafka(ctx) {
		return nil
	}
	group, err := kafkago.NewConsumerGroup(l.cluster.Group(l.cfg.Group, kafka.FactTopics(), spread{}))
	if err != nil {
		return fmt.Errorf("join consumer group %s: %w", l.cfg.Group, err)
	}
	defer func() { _ = group.Close() }() // waits for the generation's goroutines and leaves the group; it returns nil
	joining := trouble.New(startPatience)
	for {
		generation, err := group.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			l.metrics.waits.Inc()
			l.health.set(aboutGroup, fmt.Errorf("%w: %w", errJoining, err))
			if told := joining.Failed(err); told != nil {
				l.log.Warn("no place in the consumer group yet, nothing is loaded", told...)
			}
			continue // the group waits by itself before it asks again
		}
		if told := joining.Over(); told != nil {
			l.log.Info("consumer group is joined", told...)
		}
		l.health.set(aboutGroup, nil)
		l.metrics.generations.Inc()
		generation.Start(func(ctx context.Context) { l.generation(ctx, generation) })
	}
}

// awaitKafka waits until Kafka answers and has the topics. False: ctx ended before.
func (l *Loader) awaitKafka(ctx context.Context) bool {
	absent := trouble.New(startPatience)
	for failures := 0; ; failures++ {
		err := l.cluster.EnsureTopics(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return false
		}
		l.metrics.waits.Inc()
		l.health.set(aboutKafka, fmt.Errorf("kafka is not reached: %w", err))
		if told := absent.Failed(err); told != nil {
			l.log.Warn("kafka is not reached, nothing is loaded until it answers", told...)
		}
		pause(ctx, backoff(failures))
	}
	l.health.set(aboutGroup, errJoining)
	l.health.set(aboutKafka, nil)
	if told := absent.Over(); told != nil {
		l.log.Info("kafka is reached", told...)
	}
	return true
}

// generation loads the partitions of one generation until it ends or one of them finds that it has.
func (l *Loader) generation(ctx context.Context, g *kafkago.Generation) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer l.health.set(aboutGroup, errJoining) // the next generation begins only when this one has returned
	// A session of this generation's own: what it says of the cluster is not older than the generation.
	session := l.open()
	defer session.Close()
	var wg sync.WaitGroup
	for topic, partitions := range g.Assignments {
		for _, p := range partitions {
			w := l.worker(session, kafka.Member{Group: g.GroupID, ID: g.MemberID, Generation: int(g.ID)}, topic, p.ID)
			wg.Go(func() {
				defer cancel()
				w.run(ctx)
			})
		}
	}
	<-ctx.Done() // a member without partitions waits too: leaving would end the generation
	wg.Wait()
}

func (l *Loader) worker(b broker, m kafka.Member, topic string, partition int) *worker {
	log := l.log.With("topic", topic, "partition", partition, "generation", m.Generation)
	log.Info("partition is assigned")
	return &worker{cfg: l.cfg, broker: b, sink: l.sink, member: m, topic: topic, partition: partition, log: log,
		metrics: l.metrics.of(topic, partition), hook: l.Hook, trouble: trouble.New(startPatience),
		told: func(err error) { l.health.set(fmt.Sprintf("%s/%d", topic, partition), err) }}
}
