package callcenter

import "slices"

// pair is a caller and the agent to ring for him.
type pair struct {
	contact *contact
	agent   *agent
}

// match offers callers to agents, at the end of every Step in which anybody became free or began to wait.
func (c *Center) match() {
	for _, a := range c.touched.agents {
		c.setFree(a)
	}
	if !c.LinkUp() || !c.touched.match || len(c.free) == 0 {
		return
	}
	c.occurred = later(c.occurred, c.now.Truncate(millisecond)) // the core decides now, whatever made it possible
	for _, p := range c.sure() {
		c.offerCall(p.contact, p.agent)
		c.setFree(p.agent)
	}
}

// openLines are the lines that a free agent serves and somebody waits in.
func (c *Center) openLines() [][]*contact {
	var queues []string
	for _, a := range c.free {
		for _, q := range a.conf.Queues {
			if l := c.lines[q]; l != nil && len(l.waiting) > 0 && !slices.Contains(queues, q) {
				queues = append(queues, q)
			}
		}
	}
	slices.Sort(queues)
	lines := make([][]*contact, len(queues))
	for i, q := range queues {
		lines[i] = c.lines[q].waiting
	}
	return lines
}

// pairs decides who is rung for whom: callers in order over all lines, each gets the longest idle agent who serves his
// queue and has his skills. Lines are each in compareWaiting's order, free in compareIdle's; neither is changed.
func pairs(lines [][]*contact, free []*agent) []pair {
	free = slices.Clone(free)
	lines = slices.Clone(lines)
	var out []pair
	for len(free) > 0 {
		ct := nextWaiting(lines)
		if ct == nil {
			break
		}
		i := slices.IndexFunc(free, func(a *agent) bool { return suits(a, ct.Entry) })
		if i < 0 {
			continue
		}
		out = append(out, pair{ct, free[i]})
		free = slices.Delete(free, i, i+1)
	}
	return out
}

// nextWaiting takes the first caller over all lines whose phone nobody rings yet.
func nextWaiting(lines [][]*contact) *contact {
	first := -1
	for i := range lines {
		for len(lines[i]) > 0 && lines[i][0].Entry.Offer != nil {
			lines[i] = lines[i][1:]
		}
		if len(lines[i]) > 0 && (first < 0 || compareWaiting(lines[i][0], lines[first][0]) < 0) {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	ct := lines[first][0]
	lines[first] = lines[first][1:]
	return ct
}

// suits tells whether an agent serves the entry's queue and has every skill it asks for.
func suits(a *agent, e *entry) bool {
	if !a.serves(e.Queue) {
		return false
	}
	for _, s := range e.Skills {
		if a.conf.Skills[s.Name] < s.Level {
			return false
		}
	}
	return true
}
