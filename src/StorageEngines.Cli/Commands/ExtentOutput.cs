using System.Globalization;
using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Commands;

/// <summary>Prints the answers to block map queries as they come; memory does not grow with them.</summary>
internal static class ExtentOutput
{
    /// <summary>Writes an answer in the format that was asked for.</summary>
    internal static async Task WriteAsync(CliSession session, IAsyncEnumerable<ExtentBatch> answer, string format, string word, CancellationToken cancellationToken)
    {
        switch (format)
        {
            case "csi":
                await ChangeFormatWriter.WriteAsync(ChangeFormat.Csi, answer, session.Output.Stream, cancellationToken);
                break;
            case "rbd":
                await ChangeFormatWriter.WriteAsync(ChangeFormat.Rbd, answer, session.Output.Stream, cancellationToken);
                break;
            case "borg":
                await ChangeFormatWriter.WriteAsync(ChangeFormat.Borg, answer, session.Output.Stream, cancellationToken);
                break;
            default:
                await LinesAsync(session.Output, answer, format == "json" || session.Output.IsJson, word, cancellationToken);
                break;
        }
    }

    /// <summary>Prints the heading of a table of extents.</summary>
    internal static void Heading(CliOutput output, string? path = null) => output.Line($"{"OFFSET",16}  {"LENGTH",16}  STATE{(path is null ? "" : "  PATH")}");

    /// <summary>Prints one row of a table of extents.</summary>
    internal static void Row(CliOutput output, Extent extent, string? path = null)
    {
        // A path may end in a blank, which is part of it.
        string state = path is null ? Words.Of(extent.State) : $"{Words.Of(extent.State),-5}  {path}";
        output.Line(string.Create(CultureInfo.InvariantCulture, $"{extent.Offset,16}  {extent.Length,16}  {state}"));
    }

    /// <summary>Writes an array of extents into JSON.</summary>
    internal static void Extents(JsonLineWriter json, IReadOnlyList<Extent> extents)
    {
        json.WriteStartArray("extents");
        for (int i = 0; i < extents.Count; i++)
        {
            Extent extent = extents[i];
            json.WriteStartObject();
            json.WriteNumber("offset", extent.Offset);
            json.WriteNumber("length", extent.Length);
            json.WriteString("state", Words.Of(extent.State));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static async Task LinesAsync(CliOutput output, IAsyncEnumerable<ExtentBatch> answer, bool json, string word, CancellationToken cancellationToken)
    {
        long count = 0, data = 0, zero = 0;
        ExtentBatch? last = null;
        await foreach (ExtentBatch batch in answer.WithCancellation(cancellationToken))
        {
            if (json)
            {
                output.JsonLine(line => Batch(line, batch));
                continue;
            }

            if (last is null)
            {
                Heading(output);
            }

            last = batch;
            foreach (Extent extent in batch.Extents)
            {
                Row(output, extent);
                count++;
                data += extent.State == ExtentState.Data ? extent.Length : 0;
                zero += extent.State == ExtentState.Zero ? extent.Length : 0;
            }
        }

        if (last is not null)
        {
            string zeroes = zero == 0 ? "" : $" and {Sizes.Exact(zero)} of zeroes";
            output.Remark($"{Sizes.Count(count)} extents: {Sizes.Exact(data)}{zeroes} {word}, of {Sizes.Exact(last.CapacityBytes)} ({Words.Of(last.Source)}, {Words.Of(last.Exactness)}{(last.Mode is null ? "" : $", {last.Mode}")})");
        }
    }

    private static void Batch(JsonLineWriter json, ExtentBatch batch)
    {
        json.WriteStartObject();
        json.WriteNumber("capacityBytes", batch.CapacityBytes);
        json.WriteNumber("baseCapacityBytes", batch.BaseCapacityBytes);
        json.WriteString("source", Words.Of(batch.Source));
        json.WriteString("exactness", Words.Of(batch.Exactness));
        json.WriteString("style", Words.Of(batch.Style));
        json.WriteNumber("granularityBytes", batch.GranularityBytes);
        json.WriteString("mode", batch.Mode);
        Extents(json, batch.Extents);
        json.WriteEndObject();
    }
}
