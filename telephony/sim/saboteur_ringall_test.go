package sim

import (
	"firstline/pipeline/fact"
)

func spoiledRingAll() []sabotage {
	return []sabotage{
		{bug: "who was slower rings on", rules: []Rule{ruleRingAll}, turn: amongSeveral(fact.OfferLostRace, func(fact.Fact, fact.OfferEnded) []fact.Fact {
			return nil
		})},
		{bug: "a miss is called a lost race", rules: []Rule{ruleRingAll}, turn: amongSeveral(fact.OfferMissed, func(f fact.Fact, d fact.OfferEnded) []fact.Fact {
			d.Result = fact.OfferLostRace
			f.Data = d
			return []fact.Fact{f}
		})},
	}
}

// amongSeveral changes how offers with a result end while other phones ring for the same caller.
func amongSeveral(result fact.OfferResult, change func(fact.Fact, fact.OfferEnded) []fact.Fact) func(*saboteur) {
	open := map[string]int{} // offers, by entry
	return edit(func(f fact.Fact) []fact.Fact {
		switch d := f.Data.(type) {
		case fact.Offered:
			open[d.Entry]++
		case fact.OfferEnded:
			open[d.Entry]--
			if d.Result == result && open[d.Entry] > 0 {
				return change(f, d)
			}
		}
		return []fact.Fact{f}
	})
}
