using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary>The options that <c>changes</c> and <c>allocated</c> share.</summary>
internal sealed class ExtentOptions
{
    internal Option<string?> Path { get; } = new("--path") { Description = "The file within a tree volume, relative to its root", HelpName = "FILE" };

    internal Option<string> Format { get; } = new Option<string>("--format")
    {
        Description = "table; json (lines); csi (SnapshotMetadata messages); rbd ('rbd diff --format json'); borg ('borg create --map')",
        DefaultValueFactory = _ => "table",
    }.AcceptOnlyFromAmong("table", "json", "csi", "rbd", "borg");

    internal Option<long> StartingOffset { get; } = new("--starting-offset") { Description = "Where to begin, in bytes", HelpName = "BYTES" };

    internal Option<int> MaxResults { get; } = new("--max-results") { Description = "The most extents in one batch; 0 leaves it to the engine", HelpName = "N", NotNegative = true };

    internal void AddTo(Command command)
    {
        command.Add(Path);
        command.Add(Format);
        command.Add(StartingOffset);
        command.Add(MaxResults);
    }

    internal BytePath? PathOf(CliSession session) => session.Get(Path) is { } text ? Addresses.InVolume(text) : null;
}
