package kafka

import "github.com/twmb/franz-go/pkg/kfake"

// Node lets tests inject faults.
func (b *Broker) Node() *kfake.Cluster { return b.node }
