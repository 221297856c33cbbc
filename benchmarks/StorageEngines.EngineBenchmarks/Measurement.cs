namespace StorageEngines.EngineBenchmarks;

/// <summary>The times of one contestant's runs, in seconds.</summary>
internal sealed record Measurement(Contestant Contestant, IReadOnlyList<double> Seconds)
{
    public double Median => Seconds.Order().ElementAt(Seconds.Count / 2);

    public double Least => Seconds.Min();

    public double Most => Seconds.Max();
}
