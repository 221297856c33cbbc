using System.Text.Json;
using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Commands;

/// <summary>Prints what the upkeep of a store did.</summary>
internal static class StoreOutput
{
    /// <summary>So many damages are listed; the others are counted.</summary>
    internal const int MostDamages = 10_000;

    internal static void Check(CliOutput output, StoreCheckReport report, IReadOnlyList<StoreDamage> damages)
    {
        if (output.IsJson)
        {
            output.Document(json => Write(output, json, report, damages));
            return;
        }

        foreach (StoreDamage damage in damages)
        {
            string at = damage.Offset is { } offset ? $"{damage.Object}: byte {offset}" : damage.Object;
            string hurt = damage.Snapshot is null ? "" : damage.Path is { IsRoot: false } path ? $"; hurt: '{path}' of {damage.Snapshot}" : $"; hurt: {damage.Snapshot}";
            output.Line($"damaged: {at}: {damage.Detail}{hurt}");
        }

        if (report.Damages > damages.Count)
        {
            output.Line($"and {Sizes.Count(report.Damages - damages.Count)} more");
        }

        foreach (string path in report.Quarantined)
        {
            output.Line($"moved aside: {path}");
        }

        output.Line(report.IsWhole ? "checked: no damage" : $"checked: {Sizes.Count(report.Damages)} damages, {Sizes.Count(report.HurtSnapshots.Count)} snapshots are hurt");
        output.Remark($"checked {Sizes.Count(report.Snapshots)} snapshots, {Sizes.Count(report.Blocks)} blocks; {Sizes.Exact(report.BytesRead)} read");
    }

    internal static void Statistics(CliOutput output, StoreStatistics statistics)
    {
        if (output.IsJson)
        {
            output.Document(json => Write(output, json, statistics));
            return;
        }

        output.Table(
            ["PROPERTY", "VALUE"],
            [
                ["snapshots", $"{Sizes.Count(statistics.Snapshots.Count)} of {Sizes.Count(statistics.Volumes)} volumes"],
                ["data in all snapshots", Sizes.Exact(statistics.ReferencedBytes)],
                ["unique data", $"{Sizes.Exact(statistics.UniqueBytes)}, {Sizes.Count(statistics.Blocks)} blocks"],
                ["stored", Sizes.Exact(statistics.StoredBytes)],
                ["deduplication", FormattableString.Invariant($"{statistics.DeduplicationRatio:0.00} : 1")],
                ["compression", FormattableString.Invariant($"{statistics.CompressionRatio:0.00} : 1")],
                ["not needed", Sizes.Exact(statistics.GarbageBytes)],
                ["packs", $"{Sizes.Count(statistics.Packs)}, {Sizes.Exact(statistics.PackBytes)}"],
                ["lists and records", Sizes.Exact(statistics.MetadataBytes)],
            ]);
        if (statistics.Snapshots.Count > 0)
        {
            output.Line();
            output.Table(
                ["VOLUME", "SNAPSHOT", "CREATED", "DATA ", "ALONE "],
                [.. statistics.Snapshots.Select(one => (string[])
                    [one.Snapshot.Volume.Name ?? one.Snapshot.Volume.Id, one.Snapshot.Name ?? one.Snapshot.Id, Sizes.Instant(one.CreatedAt), Sizes.Bytes(one.ReferencedBytes), Sizes.Bytes(one.ExclusiveBytes)])]);
        }
    }

    internal static void Collected(CliOutput output, StoreCollectReport report)
    {
        if (output.IsJson)
        {
            output.Document(json =>
            {
                json.WriteStartObject();
                json.WriteString("action", "collect");
                Write(json, report);
                output.Warnings(json);
                json.WriteEndObject();
            });
            return;
        }

        Print(output, report);
    }

    internal static void Repacked(CliOutput output, StoreRepackReport report)
    {
        if (output.IsJson)
        {
            output.Document(json =>
            {
                json.WriteStartObject();
                json.WriteString("action", "repack");
                json.WriteNumber("packsRewritten", report.PacksRewritten);
                json.WriteNumber("packsWritten", report.PacksWritten);
                json.WriteNumber("bytesCopied", report.BytesCopied);
                json.WriteNumber("packsSkipped", report.PacksSkipped);
                Write(json, report.Collected);
                output.Warnings(json);
                json.WriteEndObject();
            });
            return;
        }

        output.Line($"repacked: {Sizes.Count(report.PacksRewritten)} packs into {Sizes.Count(report.PacksWritten)}, {Sizes.Exact(report.BytesCopied)} copied");
        Print(output, report.Collected);
    }

    private static void Print(CliOutput output, StoreCollectReport report)
    {
        output.Line($"freed: {Sizes.Exact(report.FreedBytes)}");
        if (report.PendingUntil is { } until)
        {
            output.Line($"waiting: {Sizes.Exact(report.PendingBytes)}, which a 'store collect' after {Sizes.Instant(until)} frees");
        }

        if (report.UnusedBytes > 0)
        {
            output.Remark($"not needed, in packs that are: {Sizes.Exact(report.UnusedBytes)}; 'store repack' frees the most of it");
        }
    }

    private static void Write(Utf8JsonWriter json, StoreCollectReport report)
    {
        json.WriteNumber("freedBytes", report.FreedBytes);
        json.WriteNumber("pendingBytes", report.PendingBytes);
        if (report.PendingUntil is { } until)
        {
            json.WriteString("pendingUntil", Sizes.Instant(until));
        }
        else
        {
            json.WriteNull("pendingUntil");
        }

        json.WriteNumber("unusedBytes", report.UnusedBytes);
    }

    private static void Write(CliOutput output, Utf8JsonWriter json, StoreCheckReport report, IReadOnlyList<StoreDamage> damages)
    {
        json.WriteStartObject();
        json.WriteBoolean("whole", report.IsWhole);
        json.WriteNumber("snapshots", report.Snapshots);
        json.WriteNumber("blocks", report.Blocks);
        json.WriteNumber("bytesRead", report.BytesRead);
        json.WriteNumber("damageCount", report.Damages);
        json.WriteStartArray("damages");
        foreach (StoreDamage damage in damages)
        {
            json.WriteStartObject();
            json.WriteString("object", damage.Object);
            if (damage.Offset is { } offset)
            {
                json.WriteNumber("offset", offset);
            }
            else
            {
                json.WriteNull("offset");
            }

            json.WriteString("detail", damage.Detail);
            Write(json, damage.Snapshot);
            json.WriteString("path", damage.Path?.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("hurtSnapshots");
        foreach (SnapshotRef snapshot in report.HurtSnapshots)
        {
            json.WriteStartObject();
            Write(json, snapshot);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("quarantined");
        foreach (string path in report.Quarantined)
        {
            json.WriteStringValue(path);
        }

        json.WriteEndArray();
        output.Warnings(json);
        json.WriteEndObject();
    }

    private static void Write(CliOutput output, Utf8JsonWriter json, StoreStatistics statistics)
    {
        json.WriteStartObject();
        json.WriteNumber("volumes", statistics.Volumes);
        json.WriteNumber("referencedBytes", statistics.ReferencedBytes);
        json.WriteNumber("uniqueBytes", statistics.UniqueBytes);
        json.WriteNumber("storedBytes", statistics.StoredBytes);
        json.WriteNumber("garbageBytes", statistics.GarbageBytes);
        json.WriteNumber("blocks", statistics.Blocks);
        json.WriteNumber("packs", statistics.Packs);
        json.WriteNumber("packBytes", statistics.PackBytes);
        json.WriteNumber("metadataBytes", statistics.MetadataBytes);
        json.WriteNumber("deduplicationRatio", Math.Round(statistics.DeduplicationRatio, 4));
        json.WriteNumber("compressionRatio", Math.Round(statistics.CompressionRatio, 4));
        json.WriteStartArray("snapshots");
        foreach (StoreSnapshotUsage one in statistics.Snapshots)
        {
            json.WriteStartObject();
            Write(json, one.Snapshot);
            json.WriteString("createdAt", Sizes.Instant(one.CreatedAt));
            json.WriteNumber("referencedBytes", one.ReferencedBytes);
            json.WriteNumber("exclusiveBytes", one.ExclusiveBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        output.Warnings(json);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SnapshotRef? snapshot)
    {
        json.WriteString("volumeId", snapshot?.Volume.Id);
        json.WriteString("snapshotId", snapshot?.Id);
        json.WriteString("snapshotName", snapshot?.Name);
    }
}
