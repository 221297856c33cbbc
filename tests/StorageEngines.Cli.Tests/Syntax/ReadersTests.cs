using StorageEngines.Cli.Commands;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;
using ParseResult = System.CommandLine.ParseResult;

namespace StorageEngines.Cli.Tests.Syntax;

/// <summary>What the small reader reads, System.CommandLine reads alike; and the usual lines are read by the small one.</summary>
public sealed class ReadersTests
{
    private static readonly string[] Odd =
    [
        "", "-", "--", "-x", "--unknown", "-qy", "true", "false", "0", "7", "-1", "1e3", "999999999999", "é", "a b", "@file", "@monday", "/srv/data", "/srv/data@monday",
        "tarrsync:/srv/x@a", "a=b", "a:b", "--json=true", "--store=/x", "--store:/x", "-o", "-ofile", "--help", "-h", "-?", "/?", "/h", "--version", "[suggest]", "[suggest:3]",
        "crash", "Crash", "table", "TABLE", "rbd", "auto", "bash", "5%", "snapshot", "create", "list", "store", "-y", "--yes", "--json", "--plugins", "--paranoid", "--label",
    ];

    public static TheoryData<string> UsualLines => new(
        "snapshot create /srv/data@monday",
        "--store /s snapshot create /srv/data@monday",
        "--store /s -q snapshot create /srv/data@monday --label a=b --label c=d --consistency crash --new",
        "snapshot create /srv/data@monday --paranoid",
        "snapshot create /srv/data@monday --paranoid 10 --json",
        "snapshot list /srv/data --prefix mon --store /s",
        "snapshot delete /srv/data@monday --yes",
        "snapshot hold /srv/data@monday --owner me",
        "changes /srv/data@a @b --format json --path x --starting-offset 4096 --max-results 10",
        "changes /srv/data@a @b --fallback full",
        "fleet ceph-rbd:rbd --base a --target b --parallel 32 --extents --json",
        "fleet zfs --prefix day- --list-per-volume",
        "diff /srv/data@a @b --json",
        "status /srv/data --since monday --json",
        "export /srv/data@b --base @a --format tar -o out.tar --force",
        "export /srv/data@b -o -",
        "apply - /srv/copy --skip-base-check",
        "restore /srv/data@b /srv/copy",
        "delta a b -o c --bare",
        "patch a d -o b",
        "store check --quick --engine tarrsync",
        "store --engine tarrsync repack --max-unused 10",
        "volumes", "volumes tarrsync", "engines --json", "probe /srv/data", "completion bash", "demo --keep");

    [Theory]
    [MemberData(nameof(UsualLines))]
    public void Reads_a_usual_line_without_System_CommandLine(string line) => Assert.True(Same(line.Split(' ')), line);

    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData("snapshot")]
    [InlineData("snapshot create --help")]
    [InlineData("snapshot create")]
    [InlineData("snapshot create a@b c")]
    [InlineData("snapshot hold a@b")]
    [InlineData("snapshot create a@b --consistency never")]
    [InlineData("changes a@b @c --max-results -1")]
    [InlineData("--json true engines")]
    [InlineData("engines -- x")]
    [InlineData("engines --store")]
    [InlineData("-q engines -q")]
    [InlineData("--store snapshot engines")]
    public void Leaves_the_other_lines_to_System_CommandLine(string line) => Assert.False(Same(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)), line);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Reads_random_lines_as_System_CommandLine_does(int seed)
    {
        var random = new Random(seed);
        string[][] usual = [.. UsualLines.Select(row => row.Data.Split(' '))];
        string[] names = [.. Names(new CliApplication(new CliEnvironment()).Root).Concat(Odd)];
        int read = 0;
        for (int round = 0; round < 1500; round++)
        {
            List<string> words = [.. usual[random.Next(usual.Length)]];
            for (int changes = random.Next(4); changes >= 0; changes--)
            {
                int at = random.Next(words.Count + 1);
                if (at < words.Count && random.Next(3) == 0)
                {
                    words.RemoveAt(at);
                }
                else
                {
                    words.Insert(at, names[random.Next(names.Length)]);
                }
            }

            read += Same([.. words]) ? 1 : 0;
        }

        Assert.InRange(read, 50, 1450);
    }

    [Fact]
    public void Knows_the_words_for_each_consistency_in_their_order()
        => Assert.Equal(Enum.GetValues<Consistency>().OrderBy(value => (int)value).Select((value, i) => $"{i} {Words.Of(value)}"), SnapshotCommands.ConsistencyWords.Select((word, i) => $"{i} {word}"));

    // True if the small reader reads the line; then both have read the same.
    private static bool Same(string[] words)
    {
        Command root = new CliApplication(new CliEnvironment()).Root, fullRoot = new CliApplication(new CliEnvironment()).Root;
        if (PlainReader.Read(root, words) is not { } plain)
        {
            return false;
        }

        string line = string.Join(' ', words.Select(word => $"'{word}'"));
        ParseResult parse = new FullReader(fullRoot).Read(words);
        Assert.True(parse.Errors.Count == 0, $"{line}: {string.Join("; ", parse.Errors.Select(error => error.Message))}");
        List<(Command Command, ValueSymbol[] Values)> commands = [.. Commands(root, [])], fullCommands = [.. Commands(fullRoot, [])];
        int at = commands.FindIndex(command => ReferenceEquals(command.Command, plain));
        Assert.True(parse.CommandResult.Command.Name == plain.Name && Path(parse) == Path(root, plain), $"{line}: {Path(parse)}, not {Path(root, plain)}");
        foreach ((ValueSymbol mine, ValueSymbol full) in commands[at].Values.Zip(fullCommands[at].Values))
        {
            full.Take(parse);
            Assert.True(mine.IsGiven == full.IsGiven && Value(mine) == Value(full), $"{line}: {mine.Name} is {mine.IsGiven} {Value(mine)}, not {full.IsGiven} {Value(full)}");
        }

        return true;
    }

    private static string Value(ValueSymbol symbol)
        => symbol.GetType().GetProperty("Value", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.GetValue(symbol) switch
        {
            string[] texts => string.Join('|', texts),
            null => "null",
            var value => $"{value.GetType().Name} {value}",
        };

    private static IEnumerable<(Command Command, ValueSymbol[] Values)> Commands(Command command, ValueSymbol[] above)
    {
        ValueSymbol[] values = [.. above, .. command.Symbols.OfType<ValueSymbol>()];
        return command.All().OfType<Command>().SelectMany(below => Commands(below, values)).Prepend((command, values));
    }

    private static IEnumerable<string> Names(Command command)
        => command.All().SelectMany(symbol => symbol switch
        {
            Command below => Names(below).Prepend(below.Name),
            Option option => option.Aliases.Prepend(option.Name),
            _ => [],
        });

    private static string Path(Command root, Command command)
        => root == command ? "" : root.All().OfType<Command>().Select(below => below == command ? below.Name : Path(below, command) is { Length: > 0 } path ? $"{below.Name} {path}" : "")
            .FirstOrDefault(path => path.Length > 0, "");

    private static string Path(ParseResult parse)
    {
        string path = "";
        for (System.CommandLine.Parsing.SymbolResult? at = parse.CommandResult; at?.Parent is not null; at = at.Parent)
        {
            path = $"{((System.CommandLine.Parsing.CommandResult)at).Command.Name} {path}".Trim();
        }

        return path;
    }
}
