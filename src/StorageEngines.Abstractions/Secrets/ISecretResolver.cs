namespace StorageEngines;

/// <summary>Turns references into secrets at the moment they are needed.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public interface ISecretResolver
{
    /// <summary>Reads a secret.</summary>
    /// <param name="reference">Where it is.</param>
    /// <param name="cancellationToken">Gives up the wait.</param>
    /// <returns>The secret. Keep it no longer than the call that needs it; never log it.</returns>
    /// <exception cref="StorageEngineException">It is not there or may not be read (<see cref="EngineStatus.Unauthenticated"/>).</exception>
    ValueTask<string> ResolveAsync(SecretReference reference, CancellationToken cancellationToken = default);
}
