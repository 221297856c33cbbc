using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace StorageEngines.Cli.Output;

/// <summary>Standard output: JSON, tables with borders on a terminal, plain columns in a pipe.</summary>
/// <remarks>Not safe for use by several threads.</remarks>
internal sealed class CliOutput : IAsyncDisposable
{
    private readonly CliEnvironment _environment;
    private readonly BufferedStream _stream;
    private readonly JsonLineWriter _line = new();
    private readonly bool _color;
    private readonly List<string> _warnings = [];
    private bool _warningsWritten;

    internal CliOutput(CliEnvironment environment, bool json, bool quiet, bool color)
    {
        _environment = environment;
        _stream = new BufferedStream(new NamedStream(environment.OpenOutput(), "the output"), 1 << 16);
        IsJson = json;
        IsQuiet = quiet;
        _color = color;
    }

    /// <summary>True if the caller asked for JSON.</summary>
    internal bool IsJson { get; }

    /// <summary>True if the caller wants results only, and no remarks.</summary>
    internal bool IsQuiet { get; }

    /// <summary>The raw stream, for binary and foreign formats.</summary>
    internal Stream Stream => _stream;

    /// <summary>Writes one JSON document, indented.</summary>
    internal void Document(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options(indented: true)))
        {
            write(json);
        }

        _stream.Write(buffer.WrittenSpan);
        _stream.WriteByte((byte)'\n');
    }

    /// <summary>Keeps a warning for the JSON.</summary>
    internal void AddWarning(string text) => _warnings.Add(text);

    /// <summary>Writes the field <c>warnings</c> of a document.</summary>
    /// <param name="json">The writer, within an object.</param>
    /// <param name="others">Warnings that belong to the result itself.</param>
    internal void Warnings(Utf8JsonWriter json, IEnumerable<string>? others = null)
    {
        _warningsWritten = true;
        json.WriteStartArray("warnings");
        foreach (string warning in (others ?? []).Concat(_warnings).Distinct())
        {
            json.WriteStringValue(warning);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes one line of JSON lines.</summary>
    internal void JsonLine(Action<JsonLineWriter> write)
    {
        _line.Reset();
        write(_line);
        _stream.Write(_line.Line);
        _stream.WriteByte((byte)'\n');
    }

    /// <summary>Writes one line of text.</summary>
    internal void Line(string text = "")
    {
        _stream.Write(Encoding.UTF8.GetBytes(text));
        _stream.WriteByte((byte)'\n');
    }

    /// <summary>Writes one line of text unless the caller asked for JSON or quiet.</summary>
    internal void Remark(string text)
    {
        if (!IsJson && !IsQuiet)
        {
            Line(text);
        }
    }

    /// <summary>Writes a table that fits in memory. A column whose title ends in a blank is aligned to the right.</summary>
    internal void Table(IReadOnlyList<string> titles, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = titles.Select((title, i) => Math.Max(title.Trim().Length, rows.Select(row => row[i].Length).DefaultIfEmpty().Max())).ToArray();
        if (_environment.OutputIsTerminal)
        {
            // A few broken cells can be read; columns of one letter cannot.
            int whole = widths.Sum() + (3 * widths.Length) + 1;
            if (whole * 2 > _environment.TerminalWidth * 3)
            {
                Stacked(titles, rows);
                return;
            }

            Bordered(titles, rows);
            return;
        }

        Line(PlainRow(titles, [.. titles.Select(title => title.Trim())], widths));
        foreach (IReadOnlyList<string> row in rows)
        {
            Line(PlainRow(titles, row, widths));
        }
    }

    /// <summary>Lets the reader see what was written so far.</summary>
    internal void Flush() => _stream.Flush();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // What had no document to stand in: the commands that print lines, and those that failed.
        foreach (string warning in _warningsWritten ? [] : _warnings.Distinct())
        {
            _environment.Error.WriteLine(JsonText(json =>
            {
                json.WriteStartObject();
                json.WriteString("warning", warning);
                json.WriteEndObject();
            }));
        }

        _stream.Flush();
        return ValueTask.CompletedTask;
    }

    private static string JsonText(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options(indented: false)))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string PlainRow(IReadOnlyList<string> titles, IReadOnlyList<string> cells, int[] widths)
        => string.Join("  ", cells.Select((cell, i) => titles[i].EndsWith(' ') ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd();

    private void Stacked(IReadOnlyList<string> titles, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        int width = titles.Max(title => title.Trim().Length);
        foreach (IReadOnlyList<string> row in rows)
        {
            if (titles.Count == 2)
            {
                Line($"{row[0]}: {row[1]}");
                continue;
            }

            for (int i = 0; i < row.Count; i++)
            {
                Line($"{titles[i].Trim().PadRight(width)}  {row[i]}".TrimEnd());
            }

            Line();
        }
    }

    private void Bordered(IReadOnlyList<string> titles, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (string title in titles)
        {
            var column = new TableColumn(new Text(title.Trim(), new Style(decoration: Decoration.Bold)));
            table.AddColumn(title.EndsWith(' ') ? column.RightAligned() : column);
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow(row.Select(cell => (IRenderable)new Text(cell)));
        }

        _stream.Flush();
        using var writer = new StreamWriter(_stream, new UTF8Encoding(false), leaveOpen: true);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new TerminalOutput(writer, _environment.TerminalWidth),
            Ansi = _color ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = _color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        });
        console.Write(table);
    }

    private static JsonWriterOptions Options(bool indented) => new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = indented };
}
