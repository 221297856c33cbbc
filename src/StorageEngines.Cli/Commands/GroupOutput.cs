using System.Text.Json;
using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Commands;

/// <summary>What is printed of groups.</summary>
internal static class GroupOutput
{
    internal static void Created(CliOutput output, GroupSnapshotInfo group, bool wasThere)
    {
        if (output.IsJson)
        {
            Document(output, group, json => json.WriteBoolean("wasThere", wasThere));
            return;
        }

        output.Remark(wasThere
            ? $"group {group.Name} of {group.Members.Count} snapshots is there already; nothing was taken now"
            : $"created group {group.Name} of {group.Members.Count} snapshots  ({SnapshotCommands.ConsistencyWords[(int)group.Consistency]})");
        foreach (SnapshotInfo member in group.Members)
        {
            output.Remark($"  {member.Ref}");
        }
    }

    internal static void Deleted(CliOutput output, GroupSnapshotInfo group)
    {
        if (output.IsJson)
        {
            Document(output, group, json => json.WriteString("action", "delete"));
            return;
        }

        output.Remark($"deleted group {group.Name} of {group.Members.Count} snapshots");
    }

    private static void Document(CliOutput output, GroupSnapshotInfo group, Action<Utf8JsonWriter> more) => output.Document(json =>
    {
        json.WriteStartObject();
        json.WriteString("groupId", group.Id);
        json.WriteString("name", group.Name);
        json.WriteString("consistency", SnapshotCommands.ConsistencyWords[(int)group.Consistency]);
        json.WriteBoolean("complete", group.Complete);
        more(json);
        json.WriteStartArray("members");
        foreach (SnapshotInfo member in group.Members)
        {
            SnapshotOutput.Write(json, member);
        }

        json.WriteEndArray();
        output.Warnings(json);
        json.WriteEndObject();
    });
}
