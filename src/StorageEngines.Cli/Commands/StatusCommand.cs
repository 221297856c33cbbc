using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>status</c>: what of a volume differs now from its last snapshot, and what the next one would read.</summary>
internal static class StatusCommand
{
    internal static Command Create(CliApplication application)
    {
        var address = new Argument<string>("VOLUME") { Description = "A volume's address" };
        var since = new Option<string?>("--since") { Description = "Compare with this snapshot of the volume, instead of the last one", HelpName = "NAME" };
        var command = new Command("status", "List what differs now from the last snapshot, and what a snapshot would read; stores nothing") { address, since };
        return application.Define(command, async (session, cancellationToken) =>
        {
            string? name = session.Get(since) is { } text ? Addresses.Name(text.TrimStart('@')) : null;
            OpenVolume volume = await session.VolumeAsync(session.Get(address)!, cancellationToken);
            IPendingChanges pending = volume.Feature<IPendingChanges>(EngineCapability.PendingChanges);
            ChangeToken? from = name is null ? null : new OpenSnapshot(volume, await SnapshotFinder.FindAsync(volume, name, unreadable: false, cancellationToken)).Token;
            var counts = new StatusCounts();
            var query = new PendingChangesQuery(volume.Info.Ref) { Base = from, Totals = counts };
            await foreach (PendingChange change in pending.ListAsync(query, cancellationToken))
            {
                counts.Add(change.Kind);
                if (session.Output.IsJson)
                {
                    session.Output.JsonLine(json => Write(json, change));
                }
                else
                {
                    session.Output.Line(Describe(change));
                }
            }

            if (session.Output.IsJson)
            {
                session.Output.JsonLine(json => Write(json, counts.Totals!));
            }
            else
            {
                session.Output.Remark(counts.Describe());
            }

            return ExitCode.Ok;
        });
    }

    /// <summary>One line for people: two letters, a blank, the path.</summary>
    internal static string Describe(PendingChange change)
    {
        string path = change.Path.IsRoot ? "." : change.Path.ToString();
        string code = StatusCounts.Code(change.Kind);
        return change.OldPath is { } old ? $"{code} {old} -> {path}" : $"{code} {path}";
    }

    private static void Write(JsonLineWriter json, PendingChange change)
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
        DiffCommand.Entry(json, "base", change.BaseEntry);
        DiffCommand.Entry(json, "live", change.LiveEntry);
        json.WriteEndObject();
    }

    private static void Write(JsonLineWriter json, PendingTotals totals)
    {
        json.WriteStartObject();
        json.WriteStartObject("totals");
        json.WriteString("snapshotId", totals.Base.Id);
        json.WriteString("snapshotName", totals.Base.Name);
        json.WriteString("createdAt", Sizes.Instant(totals.BaseCreatedAt));
        json.WritePropertyName("entries");
        if (totals.Entries is { } entries)
        {
            json.WriteNumberValue(entries);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteNumber("filesToRead", totals.FilesToRead);
        json.WriteNumber("bytesToRead", totals.BytesToRead);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
