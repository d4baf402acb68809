package metric

import "time"

// Today is what a wallboard shows of the day so far, beside the state of now.
type Today struct {
	AsOf      time.Time  `json:"as_of" doc:"When the answer was computed"`
	Watermark *time.Time `json:"watermark" doc:"Time of the newest loaded fact about contacts and agents; null when nothing is loaded"`
	From      time.Time  `json:"from" doc:"Begin of the day in the zone"`
	Until     time.Time  `json:"until" doc:"End of the day in the zone, exclusive"`
	Zone      string     `json:"zone" doc:"IANA time zone in which the day begins"`
	Total     TodayRow   `json:"total" doc:"All queues asked for together"`
	Queues    []TodayRow `json:"queues" nullable:"false" doc:"One row for each queue with calls today"`
	Series    []TodayRow `json:"series" nullable:"false" doc:"All queues together, one row for each interval begun"`
	ByQueue   []TodayRow `json:"series_by_queue" nullable:"false" doc:"One row for each interval begun and queue"`
}

// TodayRow is the part of a queue report's row that a wallboard needs. Entries belong to the interval they joined in.
type TodayRow struct {
	Group
	Offered        int64        `json:"offered" doc:"Entries that joined the queue"`
	Answered       int64        `json:"answered" doc:"Entries answered by an agent"`
	Abandoned      int64        `json:"abandoned" doc:"Entries whose caller hung up while waiting, short ones included"`
	AbandonedShort int64        `json:"abandoned_short" doc:"Of the abandoned, those that waited at most short_abandon_ms"`
	StillWaiting   int64        `json:"still_waiting" doc:"Entries open at the watermark"`
	Refused        int64        `json:"refused" doc:"Callers who could not join"`
	ServiceLevel   ServiceLevel `json:"service_level" doc:"Service level in all four variants"`
	SpeedOfAnswer  Stat         `json:"speed_of_answer" doc:"Wait of the answered entries"`
	TimeToAbandon  Stat         `json:"time_to_abandon" doc:"Wait of the abandoned entries"`
}

// Today returns the row's part for wallboards; the report must attribute by offered.
func (r QueueRow) Today() TodayRow {
	return TodayRow{
		Group: r.Group, Offered: *r.Offered, Answered: r.Answered, Abandoned: *r.Abandoned, AbandonedShort: *r.AbandonedShort,
		StillWaiting: *r.StillWaiting, Refused: r.Refused.Total, ServiceLevel: r.ServiceLevel, SpeedOfAnswer: r.SpeedOfAnswer,
		TimeToAbandon: *r.TimeToAbandon,
	}
}
