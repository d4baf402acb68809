package api

import (
	"io"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

const (
	sheetName   = "Firstline"
	sheetDates  = "yyyy-mm-dd hh:mm:ss"
	sheetColumn = 22        // width, in characters
	sheetRows   = 1<<20 - 1 // beside the heading
)

// sheet writes an Office Open XML workbook of one sheet. Numbers, truths and times are such cells; a time shows the clock of its own
// zone, to the second. Rows beyond a few megabytes wait in a file; the workbook is sent when it is closed.
type sheet struct {
	w     io.Writer
	book  *excelize.File
	out   *excelize.StreamWriter
	cols  []column
	dates int // the style of a cell with a time
	line  []any
	row   int // next one, from 1
}

func newSheet(w io.Writer, row reflect.Type) (*sheet, error) {
	s := &sheet{w: w, book: excelize.NewFile(), cols: columns(row, "", nil), row: 1}
	format := sheetDates
	var err error
	if err = s.book.SetSheetName("Sheet1", sheetName); err != nil {
		return nil, err
	}
	if s.dates, err = s.book.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
		return nil, err
	}
	head, err := s.book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	if s.out, err = s.book.NewStreamWriter(sheetName); err != nil {
		return nil, err
	}
	if err := s.out.SetColWidth(1, len(s.cols), sheetColumn); err != nil {
		return nil, err
	}
	if err := s.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	for _, c := range s.cols {
		s.line = append(s.line, excelize.Cell{StyleID: head, Value: c.name})
	}
	return s, s.next()
}

// next writes the line that was filled.
func (s *sheet) next() error {
	at, err := excelize.CoordinatesToCellName(1, s.row)
	if err != nil {
		return err // more rows than a sheet has
	}
	s.row++
	return s.out.SetRow(at, s.line)
}

func (s *sheet) write(rows reflect.Value) error {
	for i := range rows.Len() {
		for j, c := range s.cols {
			s.line[j] = s.cell(field(rows.Index(i), c.path))
		}
		if err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

func (s *sheet) close() error {
	if err := s.out.Flush(); err != nil {
		return err
	}
	return s.book.Write(s.w)
}

// discard removes the files of rows that wait.
func (s *sheet) discard() { _ = s.book.Close() }

// cell is a value as a sheet has it. What is no number, truth or time is the text of CSV, which here can't be taken for a formula.
func (s *sheet) cell(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	if t, ok := v.Interface().(time.Time); ok {
		if t.IsZero() {
			return nil
		}
		clock := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
		return excelize.Cell{StyleID: s.dates, Value: clock}
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return v.Uint()
	case reflect.Float32, reflect.Float64:
		if math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			return nil
		}
		return v.Float()
	case reflect.String:
		return strings.ToValidUTF8(v.String(), "�")
	default:
		return cell(v)
	}
}
