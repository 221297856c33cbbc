namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>One contestant's counted runs.</summary>
internal sealed class Measurement(Contestant contestant)
{
    private readonly List<ProcessCost> _costs = [];

    public Contestant Contestant => contestant;

    public int Runs => _costs.Count;

    /// <summary>How its result fits the truth; null if it was not compared.</summary>
    public string? Result { get; private set; }

    /// <summary>Why it has no times, or a wrong result; null if all is well.</summary>
    public string? Failure { get; private set; }

    /// <summary>Bytes on the disk after the last run; null if it keeps nothing.</summary>
    public long? Kept { get; private set; }

    public double Median => Middle(c => c.Seconds);

    public double Least => _costs.Min(c => c.Seconds);

    public double Most => _costs.Max(c => c.Seconds);

    /// <summary>User and system time.</summary>
    public double ProcessorSeconds => Middle(c => c.ProcessorSeconds);

    /// <summary>The most of all runs; null if it could not be measured.</summary>
    public long? PeakBytes => _costs.Max(c => c.PeakBytes);

    public void Add(ProcessCost cost, long? kept)
    {
        _costs.Add(cost);
        Kept = kept;
    }

    public void Note(string result) => Result = result;

    public void Fail(string reason) => Failure ??= reason;

    private double Middle(Func<ProcessCost, double> of) => _costs.Select(of).Order().ElementAt(_costs.Count / 2);
}
