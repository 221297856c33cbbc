namespace StorageEngines.Platform.Tests.Ceph;

/// <summary>A command for the Ceph cluster failed.</summary>
internal sealed class CephCommandException(string command, int exitCode, string errors) : Exception($"{command}: exit code {exitCode}: {errors.Trim()}")
{
    internal int ExitCode { get; } = exitCode;
}
