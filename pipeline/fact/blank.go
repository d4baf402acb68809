package fact

// Blank returns the fact without its personal fields: number, name and digits. They occur in the facts that say who
// called only, so that erasing a person is an update of those columns; what is shown without the right to them passes through here.
func Blank(f Fact) Fact {
	switch d := f.Data.(type) {
	case Arrived:
		d.CallerNumber, d.CallerName = "", ""
		f.Data = d
	case Identified:
		d.Digits, d.CustomerName = "", ""
		f.Data = d
	}
	return f
}
