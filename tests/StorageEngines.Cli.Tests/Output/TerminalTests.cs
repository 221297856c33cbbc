using System.Diagnostics;
using System.Text.RegularExpressions;

namespace StorageEngines.Cli.Tests.Output;

/// <summary>On a terminal, which script(1) makes: bars that go away, tables that fit, colours only where they are wanted.</summary>
public sealed partial class TerminalTests : IDisposable
{
    private const string Bar = "━";
    private readonly CliProcess _cli = new();
    private readonly string _data;

    public TerminalTests()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "backend missing: script: not installed (Debian's bsdutils)");
        _data = Directory.CreateDirectory(_cli.At("data-dir")).FullName;
        var bytes = new byte[100_000];
        for (int i = 0; i < 100; i++)
        {
            new Random(i).NextBytes(bytes);
            File.WriteAllBytes(Path.Combine(_data, $"file{i}"), bytes);
        }
    }

    [Theory]
    [InlineData("snapshot create \"$D@a\"", "created ")]
    [InlineData("demo \"$D\"", "verified: identical")]
    public async Task A_bar_is_shown_and_removed(string command, string result)
    {
        string raw = await OnTerminalAsync(80, $"\"$TOOL\" {command}");
        Assert.Contains(Bar, raw, StringComparison.Ordinal);
        string screen = string.Join('\n', Screen(raw, 80));
        Assert.DoesNotContain(Bar, screen, StringComparison.Ordinal);
        Assert.Contains(result, screen, StringComparison.Ordinal);
        Assert.Contains("\u001b[?25h", raw, StringComparison.Ordinal); // the cursor is back
    }

    [Fact]
    public async Task A_bar_of_standard_error_is_not_in_the_output()
    {
        await OnTerminalAsync(80, "\"$TOOL\" snapshot create \"$D@a\"");
        string raw = await OnTerminalAsync(80, "\"$TOOL\" export \"$D@a\" -o - >\"$D/../out\"; \"$TOOL\" restore \"$D@a\" \"$D/../r\" >\"$D/../text\" 2>\"$D/../bars\"");
        Assert.Contains(Bar, raw, StringComparison.Ordinal);
        Assert.Equal("btrfs-stream", File.ReadAllText(_cli.At("out"))[..12]);
        Assert.DoesNotContain('\u001b', File.ReadAllText(_cli.At("text")));
        Assert.Empty(File.ReadAllText(_cli.At("bars")));
    }

    [Fact]
    public async Task A_narrow_terminal_shows_what_fits_and_is_left_clean()
    {
        string raw = await OnTerminalAsync(40, "\"$TOOL\" snapshot create \"$D@a\" --quiet; \"$TOOL\" restore \"$D@a\" \"$D/../r\" >/dev/null");
        Assert.Contains("restore: 1", raw, StringComparison.Ordinal);
        Assert.All(Frame().Split(raw), line => Assert.InRange(line.Length, 0, 40));
        Assert.All(Screen(raw, 40), line => Assert.Equal("", line));
    }

    [Fact]
    public async Task NO_COLOR_is_honoured()
    {
        Assert.Matches(Color(), await OnTerminalAsync(80, "\"$TOOL\" snapshot create \"$D@a\""));
        Assert.DoesNotMatch(Color(), await OnTerminalAsync(80, "NO_COLOR=1 \"$TOOL\" snapshot create \"$D@b\"; NO_COLOR=1 \"$TOOL\" engines; \"$TOOL\" --no-color engines"));
    }

    [Theory]
    [InlineData(40, "")]
    [InlineData(100, "COLUMNS=40 ")]
    public async Task A_table_that_does_not_fit_is_printed_as_lines(int columns, string variable)
    {
        await OnTerminalAsync(80, "\"$TOOL\" snapshot create \"$D@a\"");
        string narrow = await OnTerminalAsync(columns, $"{variable}\"$TOOL\" snapshot list \"$D\"");
        Assert.Contains("NAME         a", narrow, StringComparison.Ordinal);
        Assert.DoesNotContain("│", narrow, StringComparison.Ordinal);
        Assert.Contains("│ a ", await OnTerminalAsync(120, "\"$TOOL\" snapshot list \"$D\""), StringComparison.Ordinal);
    }

    public void Dispose() => _cli.Dispose();

    private async Task<string> OnTerminalAsync(int columns, string command)
    {
        var start = new ProcessStartInfo("script", ["-qec", $"stty cols {columns}; {command}", _cli.At("typescript")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TOOL"] = BuildPaths.Tool;
        start.Environment["D"] = _data;
        start.Environment["SHELL"] = "/bin/bash";
        start.Environment["TERM"] = "xterm";
        start.Environment["TMPDIR"] = _cli.Temporary;
        start.Environment["STORAGE_ENGINES_STORE"] = _cli.Store;
        start.Environment["XDG_STATE_HOME"] = _cli.At("state");
        start.Environment.Remove("NO_COLOR");
        start.Environment.Remove("COLUMNS");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return (await CliProcess.EndAsync(process)).Expect(0).Output;
    }

    /// <summary>What is on the screen in the end: text, line breaks, cursor up, erase.</summary>
    private static List<string> Screen(string raw, int columns)
    {
        var rows = new List<string> { "" };
        int row = 0, column = 0;
        for (int i = 0; i < raw.Length; i++)
        {
            Match escape = Escape().Match(raw, i);
            if (escape.Success)
            {
                (row, rows[row]) = (escape.Groups["kind"].Value, escape.Groups["number"].Value) switch
                {
                    ("A", var up) => (Math.Max(0, row - int.Parse("0" + up)), rows[row]),
                    ("K", "2") => (row, ""),
                    _ => (row, rows[row]),
                };
                i += escape.Length - 1;
                continue;
            }

            if (raw[i] == '\r')
            {
                column = 0;
                continue;
            }

            if (raw[i] == '\n' || column == columns)
            {
                row++;
                column = raw[i] == '\n' ? column : 0;
            }

            while (rows.Count <= row)
            {
                rows.Add("");
            }

            if (raw[i] != '\n')
            {
                string line = rows[row].PadRight(column + 1);
                rows[row] = line[..column] + raw[i] + line[(column + 1)..];
                column++;
            }
        }

        return [.. rows.Select(line => line.TrimEnd())];
    }

    [GeneratedRegex(@"\G\u001b(?:\[(?<number>[?0-9;]*)(?<kind>[A-Za-z])|[=>])")]
    private static partial Regex Escape();

    [GeneratedRegex(@"[\r\n]+|\u001b(?:\[[?0-9;]*[A-Za-z]|[=>])")]
    private static partial Regex Frame();

    [GeneratedRegex(@"\u001b\[[0-9;]*(?:3[0-7]|9[0-7])m")]
    private static partial Regex Color();
}
