using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Commands;

/// <summary>The JSON lines of <c>fleet</c>; docs/cli-json.md holds the schema.</summary>
internal static class FleetJson
{
    /// <summary>What a volume is called in a line: where it is, or else its label.</summary>
    internal static string Place(FleetEvent each) => each.Location?.ToString() ?? each.Volume.ToString();

    /// <summary>Writes what became of a volume. Every field is there.</summary>
    internal static void Write(JsonLineWriter json, FleetEvent each)
    {
        var result = each as FleetResult;
        var failure = each as FleetFailure;
        json.WriteStartObject();
        Volume(json, each);
        json.WriteString("outcome", result is not null ? result.IsChanged ? "changed" : "unchanged" : failure is not null ? "failed" : "notCompared");
        json.WriteString("reason", each is FleetSkip skip ? Words.Of(skip.Reason) : null);
        Pair(json, result?.Base ?? failure?.Base, result?.Target ?? failure?.Target);
        json.WriteNumber("extentCount", result?.Extents);
        json.WriteNumber("dataBytes", result?.DataBytes);
        json.WriteNumber("zeroBytes", result?.ZeroBytes);
        json.WriteNumber("capacityBytes", result?.Answer.CapacityBytes);
        json.WriteNumber("baseCapacityBytes", result?.Answer.BaseCapacityBytes);
        json.WriteString("source", result is null ? null : Words.Of(result.Answer.Source));
        json.WriteString("exactness", result is null ? null : Words.Of(result.Answer.Exactness));
        json.WriteNumber("granularityBytes", result?.Answer.GranularityBytes);
        json.WriteString("mode", result?.Answer.Mode);
        json.WriteNumber("elapsedMilliseconds", (long?)(result?.Elapsed ?? failure?.Elapsed)?.TotalMilliseconds);
        json.WritePropertyName("error");
        if (failure is null)
        {
            json.WriteNullValue();
        }
        else
        {
            ErrorMapping.Map(failure.Error, verbose: false).Write(json);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes some extents of a volume.</summary>
    internal static void Write(JsonLineWriter json, FleetExtents some)
    {
        json.WriteStartObject();
        Volume(json, some);
        Pair(json, some.Base, some.Target);
        ExtentOutput.Extents(json, some.Batch.Extents);
        json.WriteEndObject();
    }

    private static void Volume(JsonLineWriter json, FleetEvent each)
    {
        json.WriteString("engine", each.Volume.Engine);
        json.WriteString("volumeId", each.Volume.Id);
        json.WriteString("volumeName", each.Volume.Name);
        json.WriteString("location", each.Location?.ToString());
    }

    private static void Pair(JsonLineWriter json, SnapshotInfo? from, SnapshotInfo? to)
    {
        json.WriteString("baseId", from?.Ref.Id);
        json.WriteString("baseName", from?.Ref.Name);
        json.WriteString("targetId", to?.Ref.Id);
        json.WriteString("targetName", to?.Ref.Name);
    }
}
