namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>What is to happen while something else goes on may come too early or too late, and does on a busy machine: then all of it is made again.</summary>
internal static class Tries
{
    private const int Most = 30;

    /// <summary>Tries until it happened in time.</summary>
    /// <param name="attempt">One attempt, by its number from 0; whether it happened in time. What is wrong however it went, it throws.</param>
    internal static async Task UntilInTimeAsync(Func<int, Task<bool>> attempt)
    {
        for (int i = 0; i < Most; i++)
        {
            if (await attempt(i))
            {
                return;
            }
        }

        Assert.Fail($"Within {Most} attempts it was never in time.");
    }
}
