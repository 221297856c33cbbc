using System.Text.Json;
using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Commands;

/// <summary>What the snapshot commands print.</summary>
internal static class SnapshotOutput
{
    internal static void Created(CliOutput output, SnapshotInfo made, bool wasThere)
    {
        if (output.IsJson)
        {
            output.Document(json =>
            {
                json.WriteStartObject();
                Fields(json, made);
                json.WriteBoolean("wasThere", wasThere);
                output.Warnings(json, made.Warnings);
                json.WriteEndObject();
            });
            return;
        }

        if (wasThere)
        {
            output.Remark($"{made.Ref} is there already, taken {Sizes.Instant(made.CreatedAt)}; nothing was taken now");
            return;
        }

        output.Remark($"created {made.Ref}  ({Words.Of(made.Consistency)}{(made.SizeBytes == 0 ? "" : ", " + Sizes.Bytes(made.SizeBytes))})");
        if (made.Statistics is { } cost)
        {
            output.Remark($"{Sizes.Count(cost.Entries)} entries; read {Sizes.Exact(cost.BytesRead)} from {Sizes.Count(cost.FilesRead)} files; stored {Sizes.Exact(cost.BytesStored)}");
        }

        if (made.Statistics is { FilesCloned: > 0 } shared)
        {
            output.Remark($"{Sizes.Count(shared.FilesCloned)} files with {Sizes.Exact(shared.BytesCloned)} of data were not read: the snapshot shares their blocks (reflink)");
        }

        if (made.Statistics?.Recheck is { } recheck)
        {
            string outcome = recheck.Changed == 0 ? "all are as they were" : $"{Sizes.Count(recheck.Changed)} had changed all the same";
            output.Remark($"read {Sizes.Count(recheck.Files)} files again that looked unchanged (seed {recheck.Seed}): {outcome}");
        }
    }

    internal static void List(CliOutput output, VolumeInfo volume, IReadOnlyList<SnapshotInfo> list)
    {
        if (output.IsJson)
        {
            output.Document(json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("volume");
                EngineJson.WriteVolume(json, volume);
                json.WriteEndObject();
                json.WriteStartArray("snapshots");
                foreach (SnapshotInfo snapshot in list)
                {
                    Write(json, snapshot);
                }

                json.WriteEndArray();
                output.Warnings(json);
                json.WriteEndObject();
            });
            return;
        }

        output.Table(
            ["NAME", "CREATED", "SIZE ", "STATE", "CONSISTENCY", "HOLDS", "ID"],
            [.. list.Select(s => (string[])[s.Ref.Name ?? "-", s.State == SnapshotState.Failed ? "-" : Sizes.Instant(s.CreatedAt), s.SizeBytes == 0 ? "-" : Sizes.Bytes(s.SizeBytes), Words.Of(s.State), Words.Of(s.Consistency), string.Join(",", s.Holds), s.Ref.Id])]);
    }

    internal static void Done(CliOutput output, string action, SnapshotRef? snapshot, string words)
    {
        if (!output.IsJson)
        {
            output.Remark(snapshot is null ? words : $"{words} {snapshot}");
            return;
        }

        output.Document(json =>
        {
            json.WriteStartObject();
            json.WriteString("action", action);
            json.WriteBoolean("found", snapshot is not null);
            json.WriteString("snapshotId", snapshot?.Id);
            json.WriteString("snapshotName", snapshot?.Name);
            output.Warnings(json);
            json.WriteEndObject();
        });
    }

    internal static void Cloned(CliOutput output, SnapshotInfo source, VolumeInfo clone)
    {
        if (!output.IsJson)
        {
            output.Remark($"cloned {source.Ref} to {clone.Location}");
            return;
        }

        output.Document(json =>
        {
            json.WriteStartObject();
            json.WriteString("action", "clone");
            json.WriteString("snapshotId", source.Ref.Id);
            json.WriteStartObject("volume");
            EngineJson.WriteVolume(json, clone);
            json.WriteEndObject();
            output.Warnings(json);
            json.WriteEndObject();
        });
    }

    /// <summary>Writes a snapshot as an object.</summary>
    internal static void Write(Utf8JsonWriter json, SnapshotInfo snapshot)
    {
        json.WriteStartObject();
        Fields(json, snapshot);
        Strings(json, "warnings", snapshot.Warnings);
        json.WriteEndObject();
    }

    private static void Fields(Utf8JsonWriter json, SnapshotInfo snapshot)
    {
        json.WriteString("engine", snapshot.Ref.Volume.Engine);
        json.WriteString("volumeId", snapshot.Ref.Volume.Id);
        json.WriteString("id", snapshot.Ref.Id);
        json.WriteString("name", snapshot.Ref.Name);
        json.WriteString("createdAt", snapshot.CreatedAt.UtcDateTime);
        json.WriteNumber("sizeBytes", snapshot.SizeBytes);
        json.WriteString("state", Words.Of(snapshot.State));
        json.WriteString("consistency", Words.Of(snapshot.Consistency));
        json.WriteString("changeToken", snapshot.ChangeToken?.ToString());
        json.WriteString("parentId", snapshot.ParentId);
        json.WriteString("groupId", snapshot.GroupId);
        json.WriteStartObject("labels");
        foreach ((string key, string value) in snapshot.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        Strings(json, "holds", snapshot.Holds);
        json.WritePropertyName("statistics");
        if (snapshot.Statistics is { } cost)
        {
            json.WriteStartObject();
            json.WriteNumber("entries", cost.Entries);
            json.WriteNumber("volumeBytes", cost.VolumeBytes);
            json.WriteNumber("filesRead", cost.FilesRead);
            json.WriteNumber("bytesRead", cost.BytesRead);
            json.WriteNumber("bytesStored", cost.BytesStored);
            json.WriteNumber("filesCloned", cost.FilesCloned);
            json.WriteNumber("bytesCloned", cost.BytesCloned);
            if (cost.Recheck is { } recheck)
            {
                json.WriteStartObject("recheck");
                json.WriteNumber("files", recheck.Files);
                json.WriteNumber("changed", recheck.Changed);
                json.WriteNumber("seed", recheck.Seed);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
