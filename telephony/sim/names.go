package sim

import "firstline/telephony/callcenter"

// eventName is the kind of an event, as it is counted.
func eventName(ev callcenter.Event) string {
	switch ev.(type) {
	case callcenter.CallArrived:
		return "event CallArrived"
	case callcenter.DigitPressed:
		return "event DigitPressed"
	case callcenter.PlaybackEnded:
		return "event PlaybackEnded"
	case callcenter.LegRinging:
		return "event LegRinging"
	case callcenter.LegAnswered:
		return "event LegAnswered"
	case callcenter.ChannelEnded:
		return "event ChannelEnded"
	case callcenter.TransferAsked:
		return "event TransferAsked"
	case callcenter.ChannelHeld:
		return "event ChannelHeld"
	case callcenter.ChannelUnheld:
		return "event ChannelUnheld"
	case callcenter.CommandFailed:
		return "event CommandFailed"
	case callcenter.LookupDone:
		return "event LookupDone"
	case callcenter.PopDone:
		return "event PopDone"
	case callcenter.PopSeen:
		return "event PopSeen"
	case callcenter.Control:
		return "event Control"
	case callcenter.EndpointState:
		return "event EndpointState"
	case callcenter.PhoneChecked:
		return "event PhoneChecked"
	case callcenter.PINChecked:
		return "event PINChecked"
	case callcenter.FallbackEvent:
		return "event FallbackEvent"
	case callcenter.RecordingBegan:
		return "event RecordingBegan"
	case callcenter.RecordingStopped:
		return "event RecordingStopped"
	case callcenter.RecordingBroke:
		return "event RecordingBroke"
	case callcenter.RecordingStored:
		return "event RecordingStored"
	case callcenter.RecordingLost:
		return "event RecordingLost"
	case callcenter.PlanChanged:
		return "event PlanChanged"
	case callcenter.LinkLost:
		return "event LinkLost"
	case callcenter.Reconciled:
		return "event Reconciled"
	case callcenter.Wake:
		return "event Wake"
	default:
		return "event ?"
	}
}

// commandName is the kind of a command, as it is counted.
func commandName(cmd callcenter.Command) string {
	switch cmd.(type) {
	case callcenter.ClearTimeout:
		return "command ClearTimeout"
	case callcenter.Answer:
		return "command Answer"
	case callcenter.Play:
		return "command Play"
	case callcenter.PlayToAll:
		return "command PlayToAll"
	case callcenter.StopPlay:
		return "command StopPlay"
	case callcenter.StartMusic:
		return "command StartMusic"
	case callcenter.StopMusic:
		return "command StopMusic"
	case callcenter.Ring, createLeg:
		return "command Ring"
	case dialLeg:
		return "command Ring (dial)"
	case callcenter.CreateBridge:
		return "command CreateBridge"
	case callcenter.AddToBridge:
		return "command AddToBridge"
	case callcenter.Snoop:
		return "command Snoop"
	case callcenter.RecordSnoop:
		return "command RecordSnoop"
	case callcenter.MuteRecording:
		return "command MuteRecording"
	case callcenter.StoreRecording:
		return "command StoreRecording"
	case callcenter.Mute:
		return "command Mute"
	case callcenter.RemoveFromBridge:
		return "command RemoveFromBridge"
	case callcenter.AnswerTransfer:
		return "command AnswerTransfer"
	case callcenter.DestroyBridge:
		return "command DestroyBridge"
	case callcenter.SendOut:
		return "command SendOut"
	case callcenter.HangUp:
		return "command HangUp"
	case callcenter.CheckPhone:
		return "command CheckPhone"
	case callcenter.CheckPIN:
		return "command CheckPIN"
	case callcenter.Lookup:
		return "command Lookup"
	case callcenter.Pop:
		return "command Pop"
	default:
		return "command ?"
	}
}
