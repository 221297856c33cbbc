using System.Diagnostics;

namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>Kills this process, as <c>kill -9</c> does, at a certain step.</summary>
internal sealed class Fuse(int step) : IProgress<OperationProgress>
{
    private int _steps;

    public void Report(OperationProgress value) => Step();

    internal void Step()
    {
        if (Interlocked.Increment(ref _steps) == step)
        {
            Process.GetCurrentProcess().Kill();
        }
    }
}
