package load

import (
	"cmp"
	"slices"

	kafkago "github.com/segmentio/kafka-go"
)

// spread assigns partitions to members in turn over all topics. kafka-go's own balancers begin anew with each topic, so
// with one partition a topic the first member would get everything.
type spread struct{}

var _ kafkago.GroupBalancer = spread{}

// ProtocolName is how members of a group find out that they agree.
func (spread) ProtocolName() string { return "firstline-spread" }

// UserData is empty: members are alike.
func (spread) UserData() ([]byte, error) { return nil, nil }

// AssignGroups depends on the sets of members and partitions only.
func (spread) AssignGroups(members []kafkago.GroupMember, partitions []kafkago.Partition) kafkago.GroupMemberAssignments {
	members, partitions = slices.Clone(members), slices.Clone(partitions)
	slices.SortFunc(members, func(a, b kafkago.GroupMember) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(partitions, func(a, b kafkago.Partition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.ID, b.ID))
	})
	out := kafkago.GroupMemberAssignments{}
	for _, m := range members {
		out[m.ID] = map[string][]int{}
	}
	for i, p := range partitions {
		to := out[members[i%len(members)].ID]
		to[p.Topic] = append(to[p.Topic], p.ID)
	}
	return out
}
