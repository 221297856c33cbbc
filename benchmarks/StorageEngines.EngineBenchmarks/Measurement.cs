namespace StorageEngines.EngineBenchmarks;

/// <summary>One contestant's counted runs: their times in seconds, and the bytes that each added to what it keeps.</summary>
internal sealed record Measurement(Contestant Contestant, List<double> Seconds, List<long> BytesAdded)
{
    public double Median => Seconds.Order().ElementAt(Seconds.Count / 2);

    public double Least => Seconds.Min();

    public double Most => Seconds.Max();

    /// <summary>The median, or null if it keeps nothing.</summary>
    public long? Added => Contestant.Grows is null ? null : BytesAdded.Order().ElementAt(BytesAdded.Count / 2);
}
