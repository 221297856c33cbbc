using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Workloads;

/// <summary>What a generator changed, as a text file beside the data, and the comparison of an answer with it.</summary>
internal static class TruthFile
{
    /// <summary>Writes ranges: offset, length and state, one a line.</summary>
    public static void Write(string path, IEnumerable<Extent> truth)
        => File.WriteAllLines(path, truth.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Offset} {e.Length} {e.State}")));

    /// <summary>Says how an answer compares with the truth.</summary>
    /// <returns><c>exact</c>, or how much was reported too much.</returns>
    /// <exception cref="WrongResultException">Something that changed is not in the answer, or not in its state.</exception>
    public static string Compare(IReadOnlyList<Extent> truth, IReadOnlyList<Extent> answer)
    {
        List<Extent> missed = [.. AsData(truth).Subtract(AsData(answer))];
        if (missed.Count > 0)
        {
            throw new WrongResultException($"{missed.Count} changed ranges are missed, the first is {missed[0]}");
        }

        // What was changed to zeroes may be reported as data; what is data may never be reported as zeroes.
        List<Extent> lost = [.. AsData(truth.Where(e => e.State == ExtentState.Data)).Intersect(AsData(answer.Where(e => e.State == ExtentState.Zero)))];
        if (lost.Count > 0)
        {
            throw new WrongResultException($"data at {lost[0]} is reported as zeroes");
        }

        long tooMuch = AsData(answer).Subtract(AsData(truth)).Sum(e => e.Length);
        return tooMuch == 0 ? "exact" : string.Create(CultureInfo.InvariantCulture, $"complete, {tooMuch:N0} B too much");
    }

    /// <summary>Compares two sets of paths.</summary>
    /// <exception cref="WrongResultException">They differ.</exception>
    public static void Compare(string what, IReadOnlySet<string> truth, IReadOnlySet<string> answer)
    {
        if (!truth.SetEquals(answer))
        {
            string first = truth.Except(answer).Concat(answer.Except(truth)).First();
            throw new WrongResultException($"{what}: {answer.Count} instead of {truth.Count}; for example '{first}'");
        }
    }

    private static IEnumerable<Extent> AsData(IEnumerable<Extent> extents) => extents.Select(e => new Extent(e.Offset, e.Length)).Coalesce();
}
