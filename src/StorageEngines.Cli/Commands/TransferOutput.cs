using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Commands;

/// <summary>What <c>export</c>, <c>apply</c> and <c>restore</c> print.</summary>
internal static class TransferOutput
{
    /// <summary>Prints what was moved.</summary>
    internal static void Summary(CliOutput output, string action, DifferentialFormat? format, string path, DifferentialSummary summary)
    {
        if (output.IsJson)
        {
            output.Document(json =>
            {
                json.WriteStartObject();
                json.WriteString("action", action);
                json.WriteString("format", format is { } known ? Name(known) : null);
                json.WriteString("path", path);
                json.WriteNumber("streamBytes", summary.StreamBytes);
                json.WriteNumber("dataBytes", summary.DataBytes);
                json.WriteNumber("zeroBytes", summary.ZeroBytes);
                json.WriteNumber("items", summary.Items);
                output.Warnings(json);
                json.WriteEndObject();
            });
            return;
        }

        string verb = action switch { "export" => "exported to", "apply" => "applied to", _ => "restored to" };
        string stream = format is { } shown ? $"{Sizes.Exact(summary.StreamBytes)} of {Name(shown)} with " : "";
        output.Remark($"{verb} {path}: {stream}{Sizes.Exact(summary.DataBytes)} of data in {Sizes.Count(summary.Items)} items");
    }

    /// <summary>Prints what was moved in an engine's own stream, of which only the length is known.</summary>
    internal static void Native(CliOutput output, string action, string format, string path, long streamBytes, SnapshotRef snapshot)
    {
        if (output.IsJson)
        {
            output.Document(json =>
            {
                json.WriteStartObject();
                json.WriteString("action", action);
                json.WriteString("format", "native");
                json.WriteString("path", path);
                json.WriteNumber("streamBytes", streamBytes);
                json.WriteString("snapshotId", snapshot.Id);
                json.WriteString("snapshotName", snapshot.Name);
                output.Warnings(json);
                json.WriteEndObject();
            });
            return;
        }

        string verb = action == "export" ? "exported to" : "applied to";
        output.Remark($"{verb} {path}: {Sizes.Exact(streamBytes)} of {format}, snapshot {snapshot.Name}");
    }

    private static string Name(DifferentialFormat format) => format switch
    {
        DifferentialFormat.Rbd => "rbd",
        DifferentialFormat.BtrfsSend => "btrfs",
        DifferentialFormat.Rdiff => "rdiff",
        _ => "tar",
    };
}
