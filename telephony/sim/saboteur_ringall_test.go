package sim

import (
	"firstline/pipeline/fact"
)

func spoiledRingAll() []sabotage {
	return []sabotage{
		{bug: "who was slower rings on", rules: []Rule{ruleRingAll}, turn: edit(func(f fact.Fact) []fact.Fact {
			if d, ok := f.Data.(fact.OfferEnded); ok && d.Result == fact.OfferLostRace {
				return nil
			}
			return []fact.Fact{f}
		})},
		{bug: "a miss is called a lost race", rules: []Rule{ruleRingAll}, turn: func(s *saboteur) {
			open := map[string]int{} // offers, by entry
			edit(func(f fact.Fact) []fact.Fact {
				switch d := f.Data.(type) {
				case fact.Offered:
					open[d.Entry]++
				case fact.OfferEnded:
					if d.Result == fact.OfferMissed && open[d.Entry] > 1 {
						d.Result = fact.OfferLostRace
						f.Data = d
					}
					open[d.Entry]--
				}
				return []fact.Fact{f}
			})(s)
		}},
	}
}
