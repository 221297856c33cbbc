using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>diff</c>: which files changed between two snapshots of a tree.</summary>
internal static class DiffCommand
{
    private const int MostRangesPerLine = 4;

    internal static Command Create(CliApplication application)
    {
        var from = new Argument<string>("BASE") { Description = "The older snapshot, VOLUME@NAME" };
        var to = new Argument<string>("TARGET") { Description = "The newer snapshot, VOLUME@NAME, or @NAME of the same volume" };
        var under = new Option<string?>("--path") { Description = "Only changes at or below this path", HelpName = "PATH" };
        var command = new Command("diff", "List the files that changed between two snapshots of a tree, with their changed byte ranges") { from, to, under };
        return application.Define(command, async (session, cancellationToken) =>
        {
            (OpenSnapshot older, OpenSnapshot newer) = await session.PairAsync(session.Get(from)!, session.Get(to)!, cancellationToken);
            if (!newer.IsTree)
            {
                throw new CapabilityNotSupportedException(EngineCapability.FileDiff, "This is a block volume, which has no files; 'changes' lists its changed byte ranges.");
            }

            var query = new FileDiffQuery(older.Token, newer.Info.Ref) { Under = session.Get(under) is { } text ? Addresses.InVolume(text) : default };
            long count = 0;
            await foreach (FileChange change in newer.Volume.Feature<IFileDiff>(EngineCapability.FileDiff).DiffAsync(query, cancellationToken))
            {
                count++;
                if (session.Output.IsJson)
                {
                    session.Output.JsonLine(json => Write(json, change));
                }
                else
                {
                    session.Output.Line(Describe(change));
                }
            }

            session.Output.Remark(count == 0 ? "no changes" : $"{Sizes.Count(count)} changes");
            return ExitCode.Ok;
        });
    }

    /// <summary>One line for people: what happened, the path, and the changed ranges.</summary>
    internal static string Describe(FileChange change)
    {
        string name = change.OldPath is { } old ? $"{Name(old)} -> {Name(change.Path)}" : Name(change.Path);
        return $"{string.Join('+', Words.Of(change.Kind)),-16}  {name}{Ranges(change)}";
    }

    private static string Name(BytePath path) => path.IsRoot ? "." : path.ToString();

    private static string Ranges(FileChange change)
    {
        if (change.Extents is not { Count: > 0 } extents)
        {
            return "";
        }

        string ranges = string.Join(' ', extents.Take(MostRangesPerLine).Select(extent => $"[{extent.Offset}, {extent.End}){(extent.State == ExtentState.Zero ? " zero" : "")}"));
        string more = extents.Count > MostRangesPerLine ? $" and {extents.Count - MostRangesPerLine} more" : "";
        return $"  {ranges}{more}";
    }

    private static void Write(JsonLineWriter json, FileChange change)
    {
        json.WriteStartObject();
        json.WriteString("path", change.Path.ToString());
        json.WriteString("oldPath", change.OldPath?.ToString());
        json.WriteStartArray("kinds");
        foreach (string kind in Words.Of(change.Kind))
        {
            json.WriteStringValue(kind);
        }

        json.WriteEndArray();
        Entry(json, "base", change.BaseEntry);
        Entry(json, "target", change.TargetEntry);
        if (change.Extents is null)
        {
            json.WriteNull("extents");
        }
        else
        {
            ExtentOutput.Extents(json, change.Extents);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes one side of a change.</summary>
    internal static void Entry(JsonLineWriter json, string name, TreeEntry? entry)
    {
        if (entry is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("type", Words.Of(entry.Type));
        json.WriteNumber("mode", entry.Mode);
        json.WriteNumber("userId", entry.UserId);
        json.WriteNumber("groupId", entry.GroupId);
        json.WriteNumber("sizeBytes", entry.SizeBytes);
        json.WriteString("modifiedAt", entry.ModifiedAt.ToString());
        json.WriteEndObject();
    }
}
