using System.Text.Json;
using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Hosting;

namespace StorageEngines.Cli.Commands;

/// <summary>The JSON of <c>engines</c>, <c>probe</c> and <c>volumes</c>; docs/cli-json.md holds the schema.</summary>
internal static class EngineJson
{
    internal static void Write(CliOutput output, Utf8JsonWriter json, IReadOnlyList<EngineDescriptor> engines, IReadOnlyList<PluginFailure> failures)
    {
        json.WriteStartObject();
        json.WriteStartArray("engines");
        foreach (EngineDescriptor engine in engines)
        {
            json.WriteStartObject();
            json.WriteString("scheme", engine.Scheme);
            json.WriteString("version", engine.Version);
            json.WriteString("contract", engine.Contract);
            json.WriteString("origin", engine.Origin);
            json.WriteString("description", engine.Description);
            json.WriteStartArray("settings");
            foreach (EngineSetting setting in engine.Settings)
            {
                json.WriteStartObject();
                json.WriteString("name", setting.Name);
                json.WriteString("description", setting.Description);
                json.WriteBoolean("required", setting.Required);
                json.WriteBoolean("secret", setting.IsSecret);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("failures");
        foreach (PluginFailure failure in failures)
        {
            json.WriteStartObject();
            json.WriteString("path", failure.Path);
            json.WriteString("fault", failure.Fault.ToString());
            json.WriteString("message", failure.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        output.Warnings(json);
        json.WriteEndObject();
    }

    internal static void Write(CliOutput output, Utf8JsonWriter json, IReadOnlyList<VolumeInfo> volumes)
    {
        json.WriteStartObject();
        json.WriteStartArray("volumes");
        foreach (VolumeInfo volume in volumes)
        {
            json.WriteStartObject();
            WriteVolume(json, volume);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        output.Warnings(json);
        json.WriteEndObject();
    }

    internal static void Write(CliOutput output, Utf8JsonWriter json, IReadOnlyList<(string Engine, EngineProbe? Probe, CliError? Error)> results)
    {
        json.WriteStartObject();
        json.WriteStartArray("engines");
        foreach ((string engine, EngineProbe? probe, CliError? error) in results)
        {
            json.WriteStartObject();
            json.WriteString("engine", engine);
            json.WriteBoolean("usable", probe is not null);
            json.WriteString("version", probe?.Version);
            json.WriteStartArray("notes");
            foreach (string note in probe?.Notes ?? [])
            {
                json.WriteStringValue(note);
            }

            json.WriteEndArray();
            json.WritePropertyName("error");
            if (error is null)
            {
                json.WriteNullValue();
            }
            else
            {
                error.Write(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        output.Warnings(json);
        json.WriteEndObject();
    }

    internal static void Write(CliOutput output, Utf8JsonWriter json, VolumeInfo volume, EngineCapabilities capabilities)
    {
        json.WriteStartObject();
        WriteVolume(json, volume);
        json.WriteStartArray("capabilities");
        foreach (string flag in Words.Of(capabilities.Flags))
        {
            json.WriteStringValue(flag);
        }

        json.WriteEndArray();
        json.WriteNumber("maxSnapshotsPerVolume", capabilities.MaxSnapshotsPerVolume);
        json.WriteNumber("maxGroupSize", capabilities.MaxGroupSize);
        json.WritePropertyName("delta");
        if (capabilities.Delta is { } delta)
        {
            json.WriteStartObject();
            json.WriteNumber("granularityBytes", delta.GranularityBytes);
            json.WriteString("style", Words.Of(delta.Style));
            json.WriteString("exactness", Words.Of(delta.Exactness));
            json.WriteBoolean("reportsZeroes", delta.ReportsZeroes);
            json.WriteBoolean("baseDataMustExist", delta.BaseDataMustExist);
            json.WriteBoolean("needsAdjacentSnapshots", delta.NeedsAdjacentSnapshots);
            json.WriteBoolean("survivesResize", delta.SurvivesResize);
            json.WriteBoolean("survivesReboot", delta.SurvivesReboot);
            json.WriteNumber("maxResults", delta.MaxResults);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNullValue();
        }

        output.Warnings(json);
        json.WriteEndObject();
    }

    internal static void WriteVolume(Utf8JsonWriter json, VolumeInfo volume)
    {
        json.WriteString("engine", volume.Ref.Engine);
        json.WriteString("id", volume.Ref.Id);
        json.WriteString("name", volume.Ref.Name);
        json.WriteString("kind", Words.Of(volume.Kind));
        json.WriteString("location", volume.Location.ToString());
        if (volume.CapacityBytes is { } capacity)
        {
            json.WriteNumber("capacityBytes", capacity);
        }
        else
        {
            json.WriteNull("capacityBytes");
        }
    }
}
