using System.Globalization;
using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Commands;

/// <summary>Prints what <c>fleet</c> finds, a line for each volume as soon as it is known, and counts it.</summary>
/// <remarks>Not safe for use by several threads.</remarks>
internal sealed class FleetOutput(CliOutput output, FleetOptions options)
{
    private readonly long _started = options.Time.GetTimestamp();
    private long _changed, _unchanged, _snapshotsMissing, _trees, _extents, _data, _zero;
    private bool _headed;

    /// <summary>How many volumes could not be asked.</summary>
    internal long Failed { get; private set; }

    /// <summary>How many volumes were told of.</summary>
    internal long Volumes => _changed + _unchanged + _snapshotsMissing + _trees + Failed;

    /// <summary>Prints and counts what became known.</summary>
    internal void Print(FleetEvent each)
    {
        if (each is FleetExtents some)
        {
            Print(some);
            return;
        }

        Count(each);
        if (output.IsJson)
        {
            output.JsonLine(json => FleetJson.Write(json, each));
        }
        else
        {
            Head();
            output.Line(Describe(each));
        }

        output.Flush();
    }

    /// <summary>Prints the totals.</summary>
    internal void End()
    {
        TimeSpan elapsed = options.Time.GetElapsedTime(_started);
        if (output.IsJson)
        {
            output.JsonLine(json => Totals(json, elapsed));
            return;
        }

        long left = _snapshotsMissing + _trees;
        string trees = _trees == 0 ? "" : $" and {Sizes.Count(_trees)} trees";
        string compared = left == 0 ? "0 not compared" : $"{Sizes.Count(left)} not compared ({Sizes.Count(_snapshotsMissing)} without two snapshots{trees})";
        string zeroes = _zero == 0 ? "" : $" and {Sizes.Exact(_zero)} of zeroes";
        output.Remark(string.Create(
            CultureInfo.InvariantCulture,
            $"{Sizes.Count(Volumes)} volumes: {Sizes.Count(_changed)} changed, {Sizes.Count(_unchanged)} unchanged, {compared}, {Sizes.Count(Failed)} failed; {Sizes.Count(_extents)} extents, {Sizes.Exact(_data)}{zeroes} changed; {elapsed.TotalSeconds:0.0} s"));
    }

    private void Print(FleetExtents some)
    {
        if (output.IsJson)
        {
            output.JsonLine(json => FleetJson.Write(json, some));
            return;
        }

        Head();
        foreach (Extent extent in some.Batch.Extents)
        {
            ExtentOutput.Row(output, extent, FleetJson.Place(some));
        }
    }

    private void Count(FleetEvent each)
    {
        switch (each)
        {
            case FleetResult result:
                _changed += result.IsChanged ? 1 : 0;
                _unchanged += result.IsChanged ? 0 : 1;
                _extents += result.Extents;
                _data += result.DataBytes;
                _zero += result.ZeroBytes;
                break;
            case FleetSkip skip:
                _trees += skip.Reason == FleetSkipReason.Tree ? 1 : 0;
                _snapshotsMissing += skip.Reason == FleetSkipReason.Tree ? 0 : 1;
                break;
            default:
                Failed++;
                break;
        }
    }

    private void Head()
    {
        if (_headed)
        {
            return;
        }

        _headed = true;
        if (options.WithExtents)
        {
            ExtentOutput.Heading(output, "");
        }
        else
        {
            output.Line(Row("EXTENTS", "BYTES", "MODE", "MS", "VOLUME  BASE -> TARGET"));
        }
    }

    // Among extents a volume's line is a sentence, which begins with a word and not with a number.
    private string Describe(FleetEvent each)
    {
        string place = FleetJson.Place(each);
        (string count, string bytes, string mode, string time, string rest) = each switch
        {
            FleetResult r => (Plain(r.Extents), Plain(r.DataBytes + r.ZeroBytes), r.Answer.Mode ?? Words.Of(r.Answer.Source), Milliseconds(r.Elapsed), Pair(r.Base, r.Target)),
            FleetFailure f => ("-", "-", "-", Milliseconds(f.Elapsed), $"{Pair(f.Base, f.Target)}  failed: {CliApplication.Printable(ErrorMapping.Map(f.Error, verbose: false).Message)}"),
            _ => ("-", "-", "-", "-", $"not compared: {Reason(((FleetSkip)each).Reason)}"),
        };
        return !options.WithExtents ? Row(count, bytes, mode, time, $"{place}  {rest}")
            : each is FleetResult ? $"{place}  {rest}: {count} extents, {bytes} B ({mode}), {time} ms"
            : $"{place}  {rest}";
    }

    private static string Row(string count, string bytes, string mode, string time, string rest) => $"{count,10}  {bytes,16}  {mode,-12}  {time,8}  {rest}";

    private static string Pair(SnapshotInfo? from, SnapshotInfo? to) => $"{Label(from)} -> {Label(to)}";

    private static string Label(SnapshotInfo? snapshot) => snapshot is null ? "-" : snapshot.Ref.Name ?? snapshot.Ref.Id;

    private static string Plain(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => Plain((long)time.TotalMilliseconds);

    private string Reason(FleetSkipReason reason) => reason switch
    {
        FleetSkipReason.NoSnapshot => "no snapshot",
        FleetSkipReason.OneSnapshot => options.TargetName is null ? "one snapshot" : $"nothing older than '{options.TargetName}'",
        FleetSkipReason.BaseMissing => $"no snapshot '{options.BaseName}'",
        FleetSkipReason.TargetMissing => options.TargetName is null ? $"nothing newer than '{options.BaseName}'" : $"no snapshot '{options.TargetName}'",
        FleetSkipReason.Tree => "a tree, whose files 'diff' compares",
        _ => Words.Of(reason),
    };

    private void Totals(JsonLineWriter json, TimeSpan elapsed)
    {
        json.WriteStartObject();
        json.WriteStartObject("totals");
        json.WriteNumber("volumes", Volumes);
        json.WriteNumber("changed", _changed);
        json.WriteNumber("unchanged", _unchanged);
        json.WriteNumber("notCompared", _snapshotsMissing + _trees);
        json.WriteNumber("failed", Failed);
        json.WriteNumber("extentCount", _extents);
        json.WriteNumber("dataBytes", _data);
        json.WriteNumber("zeroBytes", _zero);
        json.WriteNumber("elapsedMilliseconds", (long)elapsed.TotalMilliseconds);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
